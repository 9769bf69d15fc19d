import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { auditSettings } from "../../clients/nginx/settings/audit.js";
import { ask, type Device, openSocket } from "../support/device.js";
import { createDoor, type Door, type DoorSettings } from "../support/door.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait } from "../support/revocation.js";

let door: Door;
before(async () => {
  door = await createDoor((await nginxVersions()).at(-1)?.command ?? "");
});
after(() => door.stop());

let phones = 0;
/** nginx starts with these settings, and a phone comes that will be lost. */
async function open(settings: DoorSettings): Promise<{ lost: Device; revoke(): Promise<unknown> }> {
  const { connection } = door.authority;
  await door.nginx.stop();
  await door.configure(settings);
  assert.equal((await door.once()).code, 0);
  await door.nginx.start();
  phones += 1;
  const name = `lost phone ${phones}`;
  const { anchors } = await call(connection.publication, "getTrustBundle", {});
  const ca = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
  const lost = { port: door.port, ca, identity: await issueDevice(connection, name) };
  return { lost, revoke: () => changeAndWait(connection, "revokeCertificate", name, 0) };
}

test("a builtin session cache is no hole: it dies with its worker", async () => {
  const { lost, revoke } = await open({ sessions: "ssl_session_cache builtin:1000; ssl_session_tickets off;" });
  const { session } = await ask(lost, { version: "TLSv1.2" });
  await revoke();
  const { code, stderr } = await door.once();
  assert.equal(code, 0, stderr);
  assert.equal((await ask(lost, { version: "TLSv1.2", ...(session && { session }) })).status, 400);
});

test("with a hole `once` names it, and ends with 4", async () => {
  const { revoke } = await open({ sessions: "ssl_session_cache shared:SSL:1m;" });
  await revoke();
  const { code, stderr } = await door.once();
  assert.equal(code, 4, stderr);
  assert.match(stderr, /NGINX_SETTINGS_LEAVE_A_HOLE.*\[SHARED_SESSION_CACHE\]/s);
});

for (const { main, isOpen } of [
  { main: "", isOpen: true },
  { main: "worker_shutdown_timeout 1s;", isOpen: false },
]) {
  test(`${main === "" ? "no worker_shutdown_timeout" : main} ${isOpen ? "leaves" : "cuts"} a WebSocket after a reload; a hook without the right to cut it asks for a short one`, async (t) => {
    const { lost, revoke } = await open({ main: `user nobody nogroup; ${main}` });
    const socket = await openSocket(lost);
    t.after(() => socket.close());
    await door.nginx.reload();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.equal(socket.isOpen, isOpen);
    const holes = (await auditSettings(await door.nginx.dump(), door.dir, { cutsItself: false })).map(({ code }) => code);
    assert.deepEqual(holes, isOpen ? ["NO_SHUTDOWN_TIMEOUT"] : []);
    await revoke();
    const without = await door.once([], ["setpriv", "--bounding-set", "-kill", "--inh-caps", "-kill"]);
    assert.equal(without.code, isOpen ? 4 : 0, without.stderr);
    if (isOpen) assert.match(without.stderr, /NGINX_OLD_WORKERS_REMAIN.*Run the hook as root/);
    assert.equal((await door.once()).code, 0);
    assert.equal(socket.isOpen, false);
  });
}

test("a reload that is nginx's start leaves no old workers, and nobody asks for a short timeout", async () => {
  await open({ main: "worker_shutdown_timeout 1d;" });
  await door.nginx.stop();
  const { code, stderr } = await door.once(["--reload", `${door.nginx.commands.nginx} >/dev/null 2>&1`]);
  assert.equal(code, 0, stderr);
});

test("where --test does not tell how nginx is called, the hook asks for --nginx, and starts nothing", async () => {
  await open({});
  const compound = ["--test", `${door.nginx.commands.test} && true`];
  const { code, stderr } = await door.once(compound);
  assert.equal(code, 4, stderr);
  assert.match(stderr, /NGINX_SETTINGS_UNREADABLE.*Give --nginx/s);
  assert.equal((await door.once([...compound, "--nginx", door.nginx.commands.nginx])).code, 0);
});
