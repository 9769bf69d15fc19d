import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { call, connect } from "../../../clients/connect/connect.js";
import { RevokeCertificateRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { issueDevice } from "../../support/operator.js";
import { startServe, type TestServe } from "../../support/serve.js";
import { runRow } from "../harness.js";
import { type Machine, machineLine, readMachine } from "../machine.js";
import { startChild } from "../world/child.js";
import { storeRevoked } from "../world/fill.js";
import { adminOf } from "../world/house.js";
import type { LoadOrder } from "../world/load-client.js";
import { writeDocument } from "../write-document.js";
import { AREAS, type CpuProfile, type Frame, foldProfile, ownByArea } from "./profile.js";
import { toFlameGraph } from "./svg.js";

/** The command without its bundle: the profile says by its files whose code it is. */
const UNBUNDLED = fileURLToPath(new URL("../../../clients/cli/unbundled.js", import.meta.url));
const IN_FLIGHT = 32;
const ISSUE_MILLIS = 6_000;
const REVOKED = 100_000;
const REVOCATIONS = 60;
const SAMPLE_MICROS = 250;

/** One loop of the CA, as its main thread went through it so many times. */
interface Loop {
  readonly name: string;
  readonly title: string;
  readonly times: number;
  readonly work: Frame;
}

type After = Parameters<Parameters<typeof runRow>[0]["run"]>[0];

/** Profiles the CA in its hot loops, and writes docs/hot-loops.md with a flame graph of each. */
export async function writeFlames(note: (line: string) => void): Promise<void> {
  const machine = await readMachine();
  const loops: Loop[] = [];
  for (const profile of [profileIssuing, profileRevoking]) {
    await runRow({
      run: async (after) => {
        loops.push(await profile(after));
        return [];
      },
    });
    note(`${loops.at(-1)?.name}: ${loops.at(-1)?.times} times`);
  }
  for (const { name, title, work } of loops) await writeDocument(`images/flame-${name}.svg`, toFlameGraph(title, work));
  await writeDocument("hot-loops.md", toDocument(machine, loops));
  note("Written to docs/hot-loops.md and docs/images.");
}

async function profileIssuing(after: After): Promise<Loop> {
  const { serve, ended } = await startProfiled(after);
  const client = startChild<LoadOrder, number>("load-client.js");
  after(() => client.stop());
  const order: LoadOrder = { credential: await adminOf(serve), kind: "issue", inFlight: IN_FLIGHT, millis: ISSUE_MILLIS };
  // The first round warms up.
  await client.ask(order);
  const from = now();
  const rate = await client.ask(order);
  const to = now();
  const work = foldProfile(await ended(), from, to);
  return {
    name: "issue",
    title: `IssueCertificate, P-256, ${IN_FLIGHT} in flight`,
    times: Math.round((rate * ISSUE_MILLIS) / 1_000),
    work,
  };
}

async function profileRevoking(after: After): Promise<Loop> {
  const { serve, ended } = await startProfiled(after, (data) => storeRevoked(data, REVOKED));
  const connection = connect(await adminOf(serve));
  after(() => connection.close());
  const devices: string[] = [];
  for (let at = 0; at < 2 * REVOCATIONS; at++) devices.push((await issueDevice(connection, `phone ${at}`)).serialNumber);
  const revoke = async (serialNumber: string) => {
    const selected = { $case: "name" as const, value: `authorities/devices/certificates/${serialNumber}` };
    await call(connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector: { selected } }));
  };
  for (const device of devices.slice(REVOCATIONS)) await revoke(device);
  const from = now();
  for (const device of devices.slice(0, REVOCATIONS)) await revoke(device);
  const to = now();
  const work = foldProfile(await ended(), from, to);
  return { name: "revoke", title: `RevokeCertificate with ${REVOKED.toLocaleString("en-US")} on the CRL`, times: REVOCATIONS, work };
}

/** A CA under V8's profiler, on a store that was filled before; `ended` ends it and answers what was sampled. */
async function startProfiled(
  after: After,
  fill: (data: string) => Promise<void> = async () => {},
): Promise<{ serve: TestServe; ended(): Promise<CpuProfile> }> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-profile-"));
  after(() => rm(folder, { recursive: true, force: true }));
  const nodeFlags = ["--cpu-prof", "--cpu-prof-dir", folder, "--cpu-prof-interval", String(SAMPLE_MICROS)];
  const serve = await startServe([], { nodeFlags, program: UNBUNDLED });
  after(() => serve.remove());
  await serve.end("SIGTERM");
  await fill(serve.data);
  await serve.start();
  const { pid } = serve.run;
  return {
    serve,
    async ended() {
      await serve.end("SIGTERM");
      // CPU.date.time.PID.thread.number.cpuprofile
      const name = (await readdir(folder)).find((one) => one.includes(`.${pid}.`));
      if (name === undefined) throw new Error("the CA has left no profile");
      return JSON.parse(await readFile(join(folder, name), "utf8")) as CpuProfile;
    },
  };
}

/** µs of the clock that the profiler reads, too. */
function now(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

function toDocument(machine: Machine, loops: readonly Loop[]): string {
  const micros = (sum: number, times: number) => Math.round(sum / times).toLocaleString("en-US");
  const shares = loops.map(({ work, times }) => {
    const own = ownByArea(work);
    return (area: (typeof AREAS)[number]) => {
      const sum = own.get(area) ?? 0;
      return `${micros(sum, times)} (${((sum / work.total) * 100).toFixed(0)} %)`;
    };
  });
  const lines = [
    "# Where the time goes",
    "",
    "<!-- Written by `npm run bench -- --flame`: change nothing here by hand. -->",
    "",
    `Taken on ${new Date().toISOString().slice(0, 10)} on this machine: ${machineLine(machine)}.`,
    "",
    "What the main thread of the CA does in its two hot loops, sampled by V8's profiler while it waits for nothing: µs for each, and the share of its work. By whose",
    "code was running itself, not by who called it. Signing, verifying, hashing of a CRL and LevelDB's writing run in other threads: of those only the handing over is here.",
    "The profiler's clock goes on while another process has the core, so that the figures are larger than without it and on a machine that does other work; the shares",
    "move less. How long an issue and a revocation take as a whole is in [benchmarks.md](benchmarks.md).",
    "",
    `| own time, µs | ${loops.map(({ title }) => title).join(" | ")} |`,
    `| --- | ${loops.map(() => "---").join(" | ")} |`,
    ...AREAS.map((area) => `| ${area} | ${shares.map((share) => share(area)).join(" | ")} |`),
    `| all | ${loops.map(({ work, times }) => micros(work.total, times)).join(" | ")} |`,
    ...loops.flatMap(({ name, title }) => ["", `## ${title}`, "", `![Flame graph: ${title}](images/flame-${name}.svg)`]),
    "",
  ];
  return lines.join("\n");
}
