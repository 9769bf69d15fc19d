import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { writeCredential } from "../../clients/connect/credential.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { HOOK } from "../support/door.js";
import { until } from "../support/nginx.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { changeAndWait } from "../support/revocation.js";

/** `latchkey-nginx follow`: files for a front door that is no nginx, and a command. */

let authority: TestAuthority;
let folder = "";
let follower: ChildProcess | undefined;
const log: string[] = [];
before(async () => {
  authority = await startTestAuthority({ domains: [] });
  folder = await mkdtemp(join(tmpdir(), "latchkey-follow-"));
});
after(async () => {
  if (follower !== undefined && follower.exitCode === null) {
    const ended = once(follower, "exit");
    follower.kill();
    await ended;
  }
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(role: "viewer" | "nginx", command: string): Promise<ChildProcess> {
  const credential = join(folder, role);
  await writeCredential({ ...(await createOperator(authority, role, role, [])), folder: credential });
  const child = spawn(
    process.execPath,
    [HOOK, "follow", "--credential", credential, "--dir", join(folder, "files"), "--command", command],
    {
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  child.stderr?.on("data", (chunk: Buffer) => log.push(...chunk.toString().trimEnd().split("\n")));
  return child;
}
const told = async () => (await readFile(join(folder, "told"), "utf8").catch(() => "")).split("\n").filter((line) => line !== "");

test("a credential that every revocation would wait for is refused, with how to get the right one", async () => {
  const child = await start("nginx", "true");
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 3);
  assert.match(log.join("\n"), /is that of an operator of the role `nginx`; this needs `viewer`.*--role viewer/);
});

test("the command hears whether somebody is refused anew; the files are there before it runs", async () => {
  const broken = join(folder, "broken");
  const crl = join(folder, "files", "devices-crl.pem");
  follower = await start(
    "viewer",
    `if [ -e ${broken} ]; then echo "no such luck" >&2; exit 1; fi; test -s ${crl} && echo $LATCHKEY_REVOKES >> ${join(folder, "told")}`,
  );
  await until(async () => (await told()).length === 1, "the first files are not told of", 20_000);
  const { serialNumber } = await issueDevice(authority.connection, "phone");
  await changeAndWait(authority.connection, "holdCertificate", "phone", 0);
  await until(async () => (await told()).length === 2, "the hold is not told of", 20_000);
  const caddy = join(folder, "files", "revoked.caddy");
  assert.ok((await readFile(caddy, "utf8")).includes(` ${BigInt(`0x${serialNumber}`)}\n`));
  await changeAndWait(authority.connection, "releaseCertificate", "phone", 0);
  await until(async () => (await told()).length === 3, "the release is not told of", 20_000);
  assert.deepEqual(await told(), ["1", "1", "0"]);
  assert.match(await readFile(caddy, "utf8"), /serial\} none\n/);
  assert.ok(!(await readdir(join(folder, "files"))).includes("latchkey-status.conf"));
});

test("a command that fails is said with its words, and run again until it works", async () => {
  const broken = join(folder, "broken");
  await writeFile(broken, "");
  await changeAndWait(authority.connection, "revokeCertificate", "phone", 0);
  await until(() => log.some((line) => /"event":"command.failed".*COMMAND_FAILED.*no such luck/.test(line)), "nothing is said", 20_000);
  await rm(broken);
  await until(async () => (await told()).length === 4, "it is not run again", 20_000);
  assert.equal((await told()).at(-1), "1");
});

test("nobody waits for it: nothing is proved of its front door", async () => {
  await issueDevice(authority.connection, "another phone");
  const { enforcedBy, pending } = await changeAndWait(authority.connection, "revokeCertificate", "another phone");
  assert.deepEqual([enforcedBy, pending], [[], []]);
});
