import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { textOf } from "../../clients/service/unit.js";
import { freePorts, until } from "../support/nginx.js";
import type { Output } from "../support/serve.js";
import { createTestHost, type TestHost, USER } from "../support/systemd.js";

const CLI = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));
const HOOK = fileURLToPath(new URL("../../clients/nginx/latchkey-nginx.js", import.meta.url));
const DATA = `${USER.home}/latchkey/data`;
const PASSPHRASES = `${USER.home}/.config/latchkey`;

let host: TestHost;
let statusPort = 0;
let port = 0;
before(async () => {
  host = createTestHost();
  await host.boot();
  const [grpc, http, enroll, devices, ...others] = await freePorts(6);
  [port = 0, statusPort = 0] = others;
  const settings = `domains: [home.example.com]
grpc: { listen: "127.0.0.1:${grpc}" }
http: { listen: "127.0.0.1:${http}" }
enrollment: { listen: "127.0.0.1:${enroll}", host: localhost, lan: [127.0.0.0/8] }
devices: { listen: "127.0.0.1:${devices}" }
`;
  await shell(`mkdir -p ${DATA} && cat > ${DATA}/latchkey.yaml <<'END'\n${settings}END`);
});
after(() => host.remove());

const latchkey = (...args: readonly string[]) => host.run(process.execPath, CLI, ...args);
async function shell(script: string): Promise<string> {
  return succeeded(await host.run("sh", "-ec", script));
}
function succeeded({ code, stdout, stderr }: Output): string {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}
async function pidOf(name: string): Promise<number> {
  return Number(succeeded(await host.run("systemctl", "show", "--value", "--property=MainPID", name)).trim());
}
async function answers(): Promise<boolean> {
  return (await latchkey("status", "--data", DATA, "--json")).code === 0;
}

test("without a CA there nothing is installed, and it says how to begin", async () => {
  const { code, stderr } = await latchkey("service", "install", "ca", "--data", DATA);
  assert.equal(code, 1);
  assert.match(stderr, /There is no CA in .* yet\. Run it once at a terminal/);
});

test("the CA is installed, as the owner of its data, and answers", async () => {
  // The first run, by hand.
  await shell(`export HOME=${USER.home}; ${process.execPath} ${CLI} serve --data ${DATA} & until [ -e ${DATA}/run.json ]; do sleep 0.1; done; kill $!; wait $! || :
chown -R ${USER.name}: ${USER.home}`);
  const said = succeeded(await latchkey("service", "install", "ca", "--data", DATA));
  assert.match(said, /^The service latchkey is installed: it runs, now and from each boot on\./);
  assert.ok(await answers());
  assert.match(succeeded(await latchkey("status", "--data", DATA)), /enrol/i);
});

test("it has nothing but its own: no right, no foreign home, no system to write to", async () => {
  const pid = await pidOf("latchkey");
  const status = await shell(`cat /proc/${pid}/status`);
  assert.match(status, new RegExp(`^Uid:\\s+${USER.uid}\\s`, "m"));
  assert.match(status, /^CapEff:\s+0+$/m);
  assert.match(status, /^CapBnd:\s+0+$/m);
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  assert.match(status, /^Seccomp:\s+2$/m);
  const inside = (script: string) => host.run("nsenter", "-t", String(pid), "-m", "--", "sh", "-c", script);
  assert.equal(
    succeeded(await inside(`ls -A ${USER.home}`))
      .trim()
      .split("\n")
      .toSorted()
      .join(" "),
    ".config latchkey",
  );
  assert.notEqual((await inside("touch /etc/x /usr/x /var/x")).code, 0);
  assert.notEqual((await inside(`touch ${PASSPHRASES}/x`)).code, 0);
  succeeded(await inside(`touch ${DATA}/x && rm ${DATA}/x`));
});

test("killed, it comes again; installed again, it begins anew; after a boot it is there by itself", async () => {
  const first = await pidOf("latchkey");
  await shell(`kill -9 ${first}`);
  await until(async () => (await answers()) && (await pidOf("latchkey")) !== first, "the CA does not come again", 30_000);
  const again = succeeded(await latchkey("service", "install", "ca", "--data", DATA));
  assert.match(again, /was installed so already, and has begun anew/);
  await host.powerOff();
  await host.boot();
  await until(answers, "the CA is not there after a boot", 30_000);
});

test("a service that does not come up is told with its last words; when that is mended, the same command does it", async () => {
  await shell(
    `systemctl stop latchkey; mv ${PASSPHRASES} ${USER.home}/elsewhere; mkdir -p ${PASSPHRASES}; chown ${USER.name}: ${PASSPHRASES}`,
  );
  const without = await latchkey("service", "install", "ca", "--data", DATA);
  assert.match(without.stderr, /would not find the passphrase of the keys: there is none in/);
  await shell(`echo another > ${PASSPHRASES}/of-another-ca.passphrase`);
  const { code, stderr } = await latchkey("service", "install", "ca", "--data", DATA);
  assert.equal(code, 1);
  assert.match(stderr, /does not run\. What it said last:[\s\S]*The passphrase of the CA's keys is missing/);
  await shell(`rm -r ${PASSPHRASES}; mv ${USER.home}/elsewhere ${PASSPHRASES}`);
  const installed = succeeded(await latchkey("service", "install", "ca", "--data", DATA, "--json"));
  assert.deepEqual(JSON.parse(installed), { service: "latchkey", unit: "/etc/systemd/system/latchkey.service", isNew: false });
  assert.ok(await answers());
});

test("what does not come up takes nothing from the service that ran before", async () => {
  const before = await shell("cat /etc/systemd/system/latchkey.service");
  // Below 1024, which the service has no right to.
  const { code, stderr } = await latchkey("service", "install", "ca", "--data", DATA, "--enroll", "127.0.0.1:81");
  assert.equal(code, 1);
  assert.match(stderr, /the unit before is back, and was started again\. What the new one said last:/);
  assert.equal(await shell("cat /etc/systemd/system/latchkey.service"), before);
  await until(answers, "the CA is not there again", 30_000);
});

test("the hook is installed beside root's nginx, and a revocation is enforced through it", async () => {
  const folder = "/etc/nginx/latchkey";
  const credential = "/etc/nginx/credential";
  const flags = ["--credential", credential, "--dir", folder, "--test", "nginx -t", "--reload", "nginx -s reload"];
  flags.push("--status-url", `http://127.0.0.1:${statusPort}/latchkey-status`);
  succeeded(
    await latchkey("operator", "add", "door", "--data", DATA, "--role", "nginx", "--server-name", "home.example.com", "--out", credential),
  );
  await shell(`chown -R root: ${credential}`);
  // Before there is the folder, and an nginx that could take what is in it.
  const early = await latchkey("service", "install", "nginx", ...flags);
  assert.match(succeeded(early), /^The service latchkey-nginx is installed/);
  assert.match(early.stderr, /it does not keep nginx yet\. /);
  const configured = [
    "--dir",
    folder,
    "--server-name",
    "home.example.com",
    "--backend",
    "http://127.0.0.1:9",
    "--listen",
    `127.0.0.1:${port}`,
  ];
  const rendered = succeeded(await host.run(process.execPath, HOOK, "config", ...configured, "--status-port", String(statusPort)));
  const [main = "", http = ""] = rendered.split(/^# 2\. .*$/m);
  await shell(`cat > /etc/nginx/nginx.conf <<'END'
user www-data;
worker_processes 1;
pid /run/nginx.pid;
${main}
events { }
http {
${http}
}
END
# A daemon would keep this shell's output open.
nginx >/dev/null 2>&1`);
  const said = succeeded(await latchkey("service", "install", "nginx", ...flags));
  assert.match(said, /^The service latchkey-nginx was installed so already, and has begun anew/);
  await shell(
    `cd /tmp && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out request.pem -subj "/CN=lost phone" 2>&1`,
  );
  succeeded(await latchkey("issue", "lost phone", "--data", DATA, "--csr", "/tmp/request.pem", "--out", "/tmp/certificate.pem"));
  const revoked = succeeded(await latchkey("revoke", "lost phone", "--data", DATA));
  assert.match(revoked, /door/);
  const pid = await pidOf("latchkey-nginx");
  assert.match(await shell(`cat /proc/${pid}/status`), /^NoNewPrivs:\s+1$/m);
});

test("a unit of somebody else's is neither replaced nor removed", async () => {
  const unit = "/etc/systemd/system/latchkey-enrollment.service";
  await shell(`printf '[Service]\\nExecStart=/bin/sleep 1\\n' > ${unit}`);
  const installed = await latchkey("service", "install", "enrollment", "--credential", `${DATA}/enrollment`);
  const removed = await latchkey("service", "remove", "enrollment");
  for (const { code, stderr } of [installed, removed]) {
    assert.equal(code, 1);
    assert.match(stderr, /is not of Latchkey's making: nothing was changed/);
  }
  assert.match(await shell(`cat ${unit}`), /sleep 1/);
});

test("removed, it is stopped and gone, the data is not, and removing twice is no error", async () => {
  for (const id of ["nginx", "ca"]) {
    assert.match(succeeded(await latchkey("service", "remove", id)), /is stopped, and its unit is gone/);
    assert.match(succeeded(await latchkey("service", "remove", id)), /There is no service/);
  }
  assert.equal((await latchkey("status", "--data", DATA)).code, 3);
  await shell(
    `test -d ${DATA}/store && test ! -e /etc/systemd/system/latchkey.service && test ! -e /etc/systemd/system/multi-user.target.wants/latchkey.service`,
  );
});

test("words that mean something to systemd reach a program as they are", async () => {
  const words = ["a b", 'a"b', "a\\b", "%h", "$HOME", "$" + "{HOME}", "a\nb", "a;b", ";", "'", "#", "ä", ""];
  const command = [process.execPath, "-e", "fs.writeFileSync('/tmp/words', JSON.stringify(process.argv.slice(1)))", ...words];
  const unit = textOf({ description: "words", after: [], command, settings: [["Type", "oneshot"]] });
  await shell(`cat > /run/systemd/system/words.service <<'END'\n${unit}END\nsystemctl daemon-reload; systemctl start words`);
  assert.deepEqual(JSON.parse(await shell("cat /tmp/words")), words);
});

test("where systemd is not, and to who is not root, it says so", async () => {
  const command = [process.execPath, CLI, "service", "remove", "ca"];
  const without = await host.run("unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh", ...command);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /was not started by systemd/);
  const nobody = await host.run("unshare", "--user", ...command);
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /Only root may do that: sudo latchkey service remove ca/);
});

test("a unit can be looked at before anything is changed", async () => {
  const unit = succeeded(await latchkey("service", "install", "ca", "--data", DATA, "--print"));
  assert.match(unit, /^User=anna$/m);
  await shell("test ! -e /etc/systemd/system/latchkey.service");
});
