import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { call } from "../../clients/connect/connect.js";
import type { Standing } from "../../clients/nginx/standing.js";
import { askStatus } from "../../clients/nginx/status-location.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { clockOf } from "../support/clock.js";
import { ask, type Device } from "../support/device.js";
import { createDoor, type Door, HOOK } from "../support/door.js";
import { freePorts, until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";

/**
 * The CA is away until the CRL has ended, and the user has chosen that those who were good then are let in. nginx and the hook have one clock, which
 * a file moves; the CA's, where it is there, is right.
 */

const KEEP = ["--at-expiry", "keep-last-good"];
const ENDED = "+31d";
const DIE_AT_STEP = fileURLToPath(new URL("../support/die-at-step.js", import.meta.url));

let authority: TestAuthority;
let folder: string;
let clock: string;
let keep: { readonly door: Door; readonly phone: (name: string) => Promise<Device> };

before(async () => {
  const [grpc = 0] = await freePorts(1);
  authority = await startTestAuthority({ domains: [], grpc: { listen: `127.0.0.1:${grpc}` } });
  folder = await mkdtemp(join(tmpdir(), "latchkey-keep-"));
  clock = join(folder, "clock");
  await setClock("+0");
});
after(async () => {
  await authority.stop();
  await rm(folder, { recursive: true, force: true });
});

const setClock = (offset: string) => writeFile(clock, `${offset}\n`);

/** nginx under the clock of the file: the hook's commands call it by this wrapper, too. */
async function underClock(name: string, command: string): Promise<string> {
  const wrapper = join(folder, name);
  const environment = Object.entries(clockOf(clock)).map(([key, value]) => `${key}=${value}`);
  await writeFile(wrapper, `#!/bin/sh\nexec env ${environment.join(" ")} ${command} "$@"\n`);
  await chmod(wrapper, 0o755);
  return wrapper;
}

async function createKept(name: string, command: string) {
  const door = await createDoor(await underClock(name, command), authority, `door of ${name}`);
  await configure(door);
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  const ca = anchors.find(({ authority: id }) => id === "servers")?.certificate ?? "";
  const phone = async (who: string) => ({ port: door.port, ca, identity: await issueDevice(authority.connection, `${who} of ${name}`) });
  return { door, phone };
}

/** As `latchkey-nginx config --at-expiry keep-last-good` prints it; tickets, so that sessions can be resumed. */
async function configure({ dir, configure: write }: Door, more = "", list = `include ${dir}/latchkey-refused.conf;`) {
  await write({
    http: list,
    verification: `${more} ssl_client_certificate ${dir}/devices-ca.pem; include ${dir}/latchkey-crl.conf; ssl_verify_client on;`,
    sessions: "ssl_session_cache none;",
    // Its workers get no other variables, and would go by the right clock.
    main: ["worker_shutdown_timeout 2s;", ...Object.keys(clockOf(clock)).map((variable) => `env ${variable};`)].join("\n"),
  });
}

const statusOf = async ({ door }: { door: Door }) => {
  const answer = await askStatus(door.statusUrl);
  return answer.kind === "number" ? `${answer.number}${answer.kept ? " kept" : ""}` : answer.detail;
};
const start = async (door: Door, flags: readonly string[] = KEEP) => {
  door.log.length = 0;
  await door.startHook([...door.flags, ...flags], clockOf(clock));
};
const logged = (door: Door, what: string) =>
  until(() => door.log.some((line) => line.includes(what)), `${what} does not come: ${door.log.join("\n")}`, 20_000);

const [oldest, ...later] = await nginxVersions();
for (const { name, command } of [oldest, later.at(-1)].filter((version) => version !== undefined)) {
  describe(`${name}: the CRL ends while the CA is away`, { concurrency: false }, () => {
    let phone: Device;
    let lost: Device;
    let monitor: string;
    before(async () => {
      await setClock("+0");
      keep = await createKept(name, command);
      const { door } = keep;
      assert.equal((await door.once(KEEP)).code, 0);
      await door.nginx.start();
      [phone, lost] = [await keep.phone("phone"), await keep.phone("lost phone")];
      monitor = `127.0.0.1:${(await freePorts(1))[0]}`;
      await start(door, [...KEEP, "--monitor", monitor]);
      await logged(door, "crl.enforced");
      assert.deepEqual((await changeAndWait(authority.connection, "revokeCertificate", `lost phone of ${name}`)).pending, []);
    });
    after(async () => {
      await keep.door.stop();
      // Nobody waits for it any more.
      await changeAndWait(authority.connection, "revokeCertificate", `door of ${name}`, 0);
    });

    const states = async (...devices: readonly (Device | undefined)[]) =>
      await Promise.all(devices.map(async (device) => (await ask(device ?? { ...phone, identity: undefined })).status));

    test("a little before that its list stands in for it: who was good is let in without a pause, who was refused is refused, also by a resumed session", async () => {
      const { door } = keep;
      assert.deepEqual(await states(phone, lost, undefined), [200, 400, 400]);
      assert.match(await statusOf(keep), /^\d+$/);
      await authority.restart(async () => {
        await door.stopHook();
        // Of thirty days less five minutes that are in the past when it is signed.
        await setClock(`+${30 * 24 * 60 - 12}m`);
        await start(door, [...KEEP, "--monitor", monitor]);
        await logged(door, "crl.kept");
        await until(async () => (await statusOf(keep)).endsWith(" kept"), "nginx does not show it");
        await logged(door, "crl.enforced");
        assert.equal(((await (await fetch(`http://${monitor}/status`)).json()) as Standing).problem, undefined, "it has not ended yet");
        await setClock(ENDED);
        assert.deepEqual(await states(phone, lost, undefined), [200, 400, 400]);
        const tickets = await Promise.all([ask(phone), ask(lost)]);
        const [good, bad] = await Promise.all(
          [phone, lost].map((device, at) => ask(device, tickets[at]?.session === undefined ? {} : { session: tickets[at].session })),
        );
        assert.deepEqual([good?.status, bad?.status], [200, 400]);
        assert.ok(bad?.resumed === true, "the refused one's session was resumed");

        const health = await fetch(`http://${monitor}/healthz`);
        assert.equal(health.status, 503);
        assert.match(await health.text(), /^CRL_EXPIRED_KEPT: The CRL has ended, and nginx goes on letting in/m);
        assert.match(door.log.join("\n"), /"event":"crl\.kept"/);
        assert.doesNotMatch(door.log.join("\n"), /NGINX_SETTINGS/);
      });
    });

    test("with a clock that is wrong and the CA there, a newer revocation gets into the list, and is not called enforced", async () => {
      const { door } = keep;
      const stolen = await keep.phone("stolen phone");
      assert.equal((await ask(stolen)).status, 200);
      const { pending, crlNumber } = await changeAndWait(authority.connection, "revokeCertificate", `stolen phone of ${name}`, 0);
      assert.deepEqual(pending.includes(`door of ${name}`), true);
      await until(
        async () => (await statusOf(keep)) === `${crlNumber} kept`,
        `CRL ${crlNumber} is not kept: ${door.log.join("\n")}`,
        60_000,
      );
      await door.nginx.oldWorkersGone();
      assert.deepEqual(await states(phone, lost, stolen, undefined), [200, 400, 400, 400]);
      await until(
        async () => (await subscriberOf(authority.connection, `door of ${name}`))?.problem === "CRL_EXPIRED_KEPT",
        "the CA does not hear of it",
      );
      const { warnings } = await call(authority.connection.operations, "getStatus", {});
      assert.match(
        warnings.find(({ code }) => code === "CRL_EXPIRED_KEPT")?.message ?? "",
        new RegExp(`^door of ${name}: The CRL has ended`),
      );
      const again = await changeAndWait(authority.connection, "revokeCertificate", `stolen phone of ${name}`, 0);
      assert.deepEqual(again.pending.includes(`door of ${name}`), true);
    });

    test("a hook that is told fail-closed refuses everybody, as nginx does by itself; told so again, it lets in who was good", async () => {
      const { door } = keep;
      await door.stopHook("SIGKILL");
      await start(door, []);
      await logged(door, "crl.kept_no_more");
      await logged(door, "crl.enforced");
      assert.match(await statusOf(keep), /^\d+$/);
      assert.deepEqual(await states(phone, lost), [400, 400]);
      await door.stopHook("SIGKILL");
      await start(door);
      await logged(door, "crl.kept");
      await logged(door, "crl.enforced");
      assert.match(await statusOf(keep), /^\d+ kept$/);
      assert.deepEqual(await states(phone, lost), [200, 400]);
    });

    test("nginx, told to reload while files are put in place, may have one of each set: then it lets in nobody", async () => {
      const { door } = keep;
      await door.stopHook("SIGKILL");
      await configure(door, "", "map $ssl_client_serial $latchkey_list { default none; }");
      await door.nginx.reload();
      await until(async () => (await ask(phone)).status === 400, "nginx goes by a list that is none");
      await door.nginx.oldWorkersGone();
      assert.deepEqual(await states(phone, lost), [400, 400]);
    });

    test("what could answer before the list is seen: then nobody is let in", async () => {
      const { door } = keep;
      await door.stopHook("SIGKILL");
      await configure(door, "if ($request_method = PUT) { return 200; }");
      await start(door);
      await logged(door, "crl.kept_no_more");
      await logged(door, "crl.enforced");
      assert.match(await statusOf(keep), /^\d+$/);
      assert.deepEqual(await states(phone, lost), [400, 400]);
      await until(
        async () =>
          (await subscriberOf(authority.connection, `door of ${name}`))?.warnings.some(({ code }) => code === "KEEPING_NOT_CONFIGURED") ===
          true,
        "nobody says why",
        20_000,
      );
      await configure(door);
    });

    test("once clock and CA are there, the CRL is in force again, and nothing is left of it", async () => {
      const { door } = keep;
      await door.stopHook("SIGKILL");
      await start(door);
      await until(async () => (await statusOf(keep)).endsWith(" kept"), "nginx does not go by the list", 20_000);
      await door.stopHook("SIGKILL");
      await setClock("+0");
      await start(door, [...KEEP, "--monitor", monitor]);
      await logged(door, "crl.kept_no_more");
      await until(async () => (await fetch(`http://${monitor}/healthz`)).status === 200, "the hook is not well", 20_000);
      assert.match(await statusOf(keep), /^\d+$/);
      assert.deepEqual(await states(phone, lost, undefined), [200, 400, 400]);
      assert.doesNotMatch(await readFile(join(door.dir, "latchkey-refused.conf"), "utf8"), /[0-9A-F]{10}/);
      assert.equal((await subscriberOf(authority.connection, `door of ${name}`))?.problem, "");
    });
  });
}

test("killed before whichever step: nginx has the CRL or its whole list, and the next run goes on", async () => {
  await setClock("+0");
  keep = await createKept("killed", oldest?.command ?? "");
  const { door } = keep;
  try {
    assert.equal((await door.once(KEEP)).code, 0);
    await door.nginx.start();
    const [phone, lost] = [await keep.phone("phone"), await keep.phone("lost phone")];
    await changeAndWait(authority.connection, "revokeCertificate", "lost phone of killed", 0);
    assert.equal((await door.once(KEEP)).code, 0);
    await setClock(ENDED);
    await cp(door.dir, `${door.dir}.whole`, { recursive: true, verbatimSymlinks: true });
    const seen = new Set<number>();
    // The files, nginx's test, its reload, and what comes after.
    for (let step = 1; step <= 33; step += 4) {
      await rm(door.dir, { recursive: true });
      await cp(`${door.dir}.whole`, door.dir, { recursive: true, verbatimSymlinks: true });
      await dieAt(step, door);
      // The machine may begin anew right now.
      await door.nginx.stop();
      await door.nginx.start();
      const [good, bad] = await Promise.all([ask(phone), ask(lost)]);
      assert.equal(bad.status, 400, `step ${step}`);
      seen.add(good.status);
    }
    assert.deepEqual([...seen].toSorted(), [200, 400], "before and after");
    // The CA is there, and this host's clock is not right: said, and no more.
    const { code, stderr } = await finished(
      spawn(process.execPath, [HOOK, "once", ...door.flags, ...KEEP], { env: { ...process.env, ...clockOf(clock) } }),
    );
    assert.equal(code, 1);
    assert.match(stderr, /CRL_EXPIRED_KEPT: The CRL has ended, and nginx goes on letting in/);
    assert.deepEqual([(await ask(phone)).status, (await ask(lost)).status], [200, 400]);
  } finally {
    await door.stop();
    await setClock("+0");
  }
});

/** `latchkey-nginx once`, killed before this step. */
async function dieAt(step: number, door: Door): Promise<void> {
  const child = spawn(process.execPath, ["--import", DIE_AT_STEP, HOOK, "once", ...door.flags, ...KEEP], {
    env: { ...process.env, ...clockOf(clock), DIE_AT: String(step) },
  });
  assert.equal((await finished(child)).signal, "SIGKILL", `step ${step}`);
}

async function finished(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  let stderr = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  return await new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code, signal) => resolve({ code, signal, stderr }));
  });
}
