import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { call } from "../../clients/connect/connect.js";
import { writeCredential } from "../../clients/connect/credential.js";
import { readCrl } from "../../clients/nginx/crl.js";
import { runOnce as runOnceHere } from "../../clients/nginx/once.js";
import { fromPem } from "../../clients/nginx/pem.js";
import { ask, type Device } from "../support/device.js";
import { createDoor, type Door, HOOK, SERVER_NAME } from "../support/door.js";
import { createOperator, issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";

/** The hook is killed before each of its steps in turn: what changes its folder, and each command that it runs. */

const DIE_AT_STEP = fileURLToPath(new URL("../support/die-at-step.js", import.meta.url));
/** Runs of a hook for the first time need nothing of each other. */
const AT_ONCE = 3;

let door: Door;
before(async () => {
  door = await createDoor("/usr/sbin/nginx");
  await door.configure();
});
after(() => door.stop());

/** `latchkey-nginx once`, which dies or counts. */
async function runOnce(flags: readonly string[], environment: Readonly<Record<string, string>>): Promise<NodeJS.Signals | number | null> {
  const child: ChildProcess = spawn(process.execPath, ["--import", DIE_AT_STEP, HOOK, "once", ...flags], {
    env: { ...process.env, ...environment },
    stdio: "ignore",
  });
  return await new Promise((resolve, reject) => {
    child.once("error", reject).once("exit", (code, signal) => resolve(signal ?? code));
  });
}

/** A hook with a folder and a credential of its own: each has a server certificate issued, and nobody gets many in an hour. */
async function hookIn(name: string): Promise<{ dir: string; flags: readonly string[]; runHere(): Promise<void> }> {
  const credential = join(door.nginx.folder, `credential of ${name}`);
  const dir = join(door.nginx.folder, name);
  await writeCredential({
    ...(await createOperator(door.authority, name, "nginx", [SERVER_NAME])),
    folder: credential,
    serverNames: [SERVER_NAME],
  });
  const others: Readonly<Record<string, string>> = { [door.dir]: dir, [door.credential]: credential };
  const commands = { ...door.nginx.commands, statusUrl: door.statusUrl };
  return {
    dir,
    flags: door.flags.map((flag) => others[flag] ?? flag),
    // In this very process, which costs no start.
    async runHere() {
      const { held, enforcement } = await runOnceHere({ credential, dir, commands, serverNames: undefined }, () => {});
      assert.notEqual(held, undefined);
      assert.deepEqual([enforcement.problem?.code, enforcement.warnings], ["NGINX_NOT_RUNNING", []]);
    },
  };
}

async function stepsOf(flags: readonly string[]): Promise<number> {
  const file = join(door.nginx.folder, "steps");
  await runOnce(flags, { COUNT_STEPS: file });
  return Number(await readFile(file, "utf8"));
}

/** The CRL that nginx would load from a folder. */
async function crlIn(dir: string): Promise<ReturnType<typeof readCrl>> {
  return readCrl(fromPem("X509 CRL", await readFile(join(dir, "devices-crl.pem"), "utf8"))[0]);
}

async function deviceNamed(name: string): Promise<Device> {
  const { connection } = door.authority;
  const { anchors } = await call(connection.publication, "getTrustBundle", {});
  const ca = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
  return { port: door.port, ca, identity: await issueDevice(connection, name) };
}

test("the first time: whenever it is killed, the next run finds its way, and nothing half done is left", async () => {
  const steps = await stepsOf((await hookIn("counted")).flags);
  assert.ok(steps > 30, `only ${steps} steps were seen`);
  const whole = await promisify(execFile)("ls", ["-AR", join(door.nginx.folder, "counted")]);
  const numbers = Array.from({ length: steps }, (_, at) => at + 1);
  while (numbers.length > 0) {
    await Promise.all(
      numbers.splice(0, AT_ONCE).map(async (at) => {
        const { dir, flags, runHere } = await hookIn(`killed before step ${at}`);
        assert.equal(await runOnce(flags, { DIE_AT: String(at) }), "SIGKILL", `step ${at}`);
        await runHere();
        await crlIn(dir);
        const left = await promisify(execFile)("ls", ["-AR", dir]);
        assert.equal(
          left.stdout
            .replaceAll(`killed before step ${at}`, "counted")
            .replace(/generations\/\d+/g, "generations/N")
            .replace(/^\d+$/gm, "N"),
          whole.stdout.replace(/generations\/\d+/g, "generations/N").replace(/^\d+$/gm, "N"),
          `step ${at}`,
        );
      }),
    );
  }
});

test("with a new CRL: whenever it is killed, nginx can load what lies there, and the next run catches up", async () => {
  const { connection } = door.authority;
  await door.refresh();
  await door.nginx.start();
  const good = await deviceNamed("good phone");
  await changeAndWait(connection, "revokeCertificate", await issued("a phone"), 0);
  const steps = await stepsOf(door.flags);
  assert.ok(steps > 20, `only ${steps} steps were seen`);
  for (let at = 1; at <= steps; at++) {
    const lost = await deviceNamed(`lost phone ${at}`);
    const before = (await crlIn(door.dir)).number;
    const { crlNumber } = await changeAndWait(connection, "revokeCertificate", `lost phone ${at}`, 0);
    assert.equal(await runOnce(door.flags, { DIE_AT: String(at) }), "SIGKILL", `step ${at}`);
    const { number, nextUpdate } = await crlIn(door.dir);
    assert.ok(number === before || number === BigInt(crlNumber), `step ${at}: neither the CRL before nor the new one`);
    assert.ok(nextUpdate > new Date());
    // The machine may begin anew right now.
    await promisify(execFile)("sh", ["-c", door.nginx.commands.test]);
    await door.nginx.stop();
    await door.nginx.start();
    assert.equal((await ask(good)).status, 200, `step ${at}`);
    assert.equal((await ask(lost)).status, number === before ? 200 : 400, `step ${at}`);
    await door.refresh();
    const subscriber = await subscriberOf(connection);
    assert.deepEqual([subscriber?.problem, subscriber?.enforcedCrlNumber], ["", String(crlNumber)], `step ${at}`);
    assert.deepEqual([(await ask(lost)).status, (await ask(good)).status], [400, 200], `step ${at}`);
  }
});

async function issued(name: string): Promise<string> {
  await issueDevice(door.authority.connection, name);
  return name;
}
