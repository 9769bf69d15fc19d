import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createTestHouse, INTERNET, loadRouter, OURS, openSocketOn, ROUTER, type TestHouse } from "../support/house.js";
import { until } from "../support/nginx.js";
import { type Output, startServe, type TestServe } from "../support/serve.js";

/**
 * The article's house, played through (docs/from-the-article.md): everything around the CA is what `latchkey site render` has written, each file where its
 * first line says that it goes.
 */

const CLI = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));
const HOOK = fileURLToPath(new URL("../../clients/nginx/latchkey-nginx.js", import.meta.url));
const LIKE_HOME_ASSISTANT = fileURLToPath(new URL("../support/like-home-assistant.js", import.meta.url));
const NAME = "home.example.com";
const SITE = `sites:
  - domain: ${NAME}
lan: { ipv4: ${OURS.ipv4}, ipv6: "${OURS.ipv6}" }
nginx: { dir: /etc/nginx/latchkey }
dns: { kind: dnsmasq }
router: { kind: nftables, wan: wan }
dynamicDns: { kind: static, ipv4: ${ROUTER.wan.ipv4}, ipv6: "${OURS.ipv6}" }
`;
const HOOK_FLAGS = [
  "--credential",
  "/etc/nginx/credential",
  "--dir",
  "/etc/nginx/latchkey",
  "--test",
  "nginx -t",
  "--reload",
  "nginx -s reload",
];
HOOK_FLAGS.push("--status-url", "http://127.0.0.1:8481/latchkey-status");

let house: TestHouse;
let serve: TestServe;
let kit: string;
before(async () => {
  house = createTestHouse();
  await until(async () => (await house.run("ours", "test", "-e", "/etc/nginx/nginx.conf")).code === 0, "the house's host does not come up");
  await writeFile(join(house.folder, "site.yaml"), SITE);
  kit = join(house.folder, "kit");
  succeeded(await house.run("ours", process.execPath, CLI, "site", "render", "--file", join(house.folder, "site.yaml"), "--out", kit));
  await setUpNames();
  await setUpRouter();
  await setUpHouse();
});
after(async () => {
  await serve?.end("SIGTERM");
  await serve?.remove();
  await house?.remove();
});

/** The LAN's DNS is the router's, with the kit's file; outside the name has the records that the kit gives its provider. */
async function setUpNames(): Promise<void> {
  const plain = [
    "--keep-in-foreground",
    "--no-resolv",
    "--no-hosts",
    "--conf-file=/dev/null",
    "--user=root",
    "--group=root",
    "--pid-file=",
  ];
  const zone = await readFile(join(kit, "dynamic-dns", "records.zone"), "utf8");
  const records = [...zone.matchAll(/^(\S+)\. \d+ IN A(?:AAA)? (\S+)$/gm)].map(([, name, address]) => `--host-record=${name},${address}`);
  assert.equal(records.length, 2, zone);
  house.start("internet", "dnsmasq", ...plain, `--listen-address=${INTERNET.ipv4}`, "--bind-interfaces", ...records);
  const here = plain.map((flag) => (flag === "--conf-file=/dev/null" ? `--conf-file=${join(kit, "dns", "dnsmasq.conf")}` : flag));
  house.start("router", "dnsmasq", ...here, `--server=${INTERNET.ipv4}`, `--listen-address=${ROUTER.lan.ipv4}`, "--bind-interfaces");
}

/** The file says which of its rules belong into a forward chain that drops. */
async function setUpRouter(): Promise<void> {
  const file = join(kit, "router", "latchkey.nft");
  const accepts = [...(await readFile(file, "utf8")).matchAll(/^# {3}(iifname .* accept)$/gm)].map(([, rule = ""]) => rule);
  assert.equal(accepts.length, 2);
  loadRouter(house, accepts);
  succeeded(await house.run("router", "nft", "-f", file));
}

async function setUpHouse(): Promise<void> {
  const homeAssistant = house.start("ours", process.execPath, LIKE_HOME_ASSISTANT, join(kit, "home-assistant", `${NAME}.yaml`));
  await new Promise((resolve) => homeAssistant.stdout?.once("data", resolve));
  const flags = [
    "--enroll",
    `${OURS.ipv4}:8443`,
    "--devices",
    `${OURS.ipv4}:8445`,
    "--enroll-host",
    OURS.ipv4,
    "--lan",
    "192.168.1.0/24,2001:db8:1::/64",
  ];
  serve = await startServe([...flags, "--domain", NAME], { under: house.on("ours"), isLanAutomatic: true });
  succeeded(await serve.latchkey("operator", "add", "door", "--role", "nginx", "--server-name", NAME, "--out", "/etc/nginx/credential"));
  await house.run("ours", process.execPath, HOOK, "once", ...HOOK_FLAGS);
  succeeded(
    await house.run(
      "ours",
      "sh",
      "-c",
      `cp ${kit}/nginx/nginx.conf /etc/nginx/nginx.conf && cp ${kit}/nginx/latchkey.conf /etc/nginx/conf.d/ && nginx >/dev/null 2>&1`,
    ),
  );
  house.start("ours", process.execPath, HOOK, "run", ...HOOK_FLAGS);
  await until(async () => /door {2}connected +\d+ /.test((await serve.latchkey("status")).stdout), "the hook proves nothing", 30_000);
}

function succeeded({ code, stdout, stderr }: Output): string {
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  return stdout;
}

/** A device's files, as curl takes them. */
const keyOf = (device: string) => {
  const [certificate, key, root] = ["certificate.pem", "key.pem", "root.pem"].map((name) => join(house.folder, device, name)) as [
    string,
    string,
    string,
  ];
  return { certificate, key, root, flags: ["--cert", certificate, "--key", key] };
};

/** The phone goes to the house's one address, and whatever its network's DNS says. */
async function visit(...more: readonly string[]): Promise<{ status: number; address: string; body: string }> {
  const flags = ["-s", "--max-time", "10", "--cacert", keyOf("anna").root, "-w", "\n%{http_code} %{remote_ip}", ...more];
  const { stdout } = await house.run("phone", "curl", ...flags, `https://${NAME}/`);
  const [, body = "", status, address = ""] = /^([\s\S]*)\n(\d+) (\S*)$/.exec(stdout) ?? [];
  return { status: Number(status), address, body };
}
const withKey = (device = "anna") => keyOf(device).flags;

test("on Wi-Fi devices enrol: invited at the house, each with a key of its own", async () => {
  for (const [device, name] of [
    ["anna", "Anna's phone"],
    ["ben", "Ben's phone"],
  ] as const) {
    const invited = succeeded(await serve.latchkey("invite", name, "--json"));
    const invitation = JSON.parse(invited) as Record<"url" | "passphrase" | "caFingerprint", string>;
    assert.match(invitation.url, new RegExp(`^https://${OURS.ipv4}:8443/i/`));
    const passphrase = join(house.folder, "passphrase");
    await writeFile(passphrase, invitation.passphrase);
    const flags = ["--fingerprint", invitation.caFingerprint, "--passphrase-file", passphrase, "--out", join(house.folder, device)];
    const said = succeeded(await house.run("phone", process.execPath, CLI, "enroll", invitation.url, ...flags));
    assert.ok(said.startsWith(`Enrolled as ${name} `) && said.includes("Did it work? Yes"), said);
  }
});

test("at home the name leads to nginx itself, which lets in who has a key, by name, and nobody else", async () => {
  const { status, address, body } = await visit("-4", ...withKey());
  assert.deepEqual([status, address], [200, OURS.ipv4], body);
  assert.deepEqual((await visit("-6", ...withKey())).address, OURS.ipv6);
  // Home Assistant has taken the proxy for one that it trusts.
  assert.deepEqual(JSON.parse(body), { home: true, device: "Anna's phone", forwardedFor: "192.168.1.50", host: NAME });
  const nobody = await visit();
  assert.equal(nobody.status, 400);
  assert.match(nobody.body, /This device has shown no certificate that is good here/);
});

test("an untrusted proxy gets Home Assistant's 400: it behaves as the real one", async () => {
  const direct = await house.run(
    "phone",
    "curl",
    "-s",
    "-o",
    "/dev/null",
    "-w",
    "%{http_code}",
    "-H",
    "X-Forwarded-For: 1.2.3.4",
    `http://${OURS.ipv4}:8123/`,
  );
  assert.equal(direct.stdout, "400");
});

test("out on the mobile network the same address leads through the router, over IPv4 and IPv6", async () => {
  house.move("mobile");
  const four = await visit("-4", ...withKey());
  assert.deepEqual([four.status, four.address], [200, ROUTER.wan.ipv4], four.body);
  const six = await visit("-6", ...withKey());
  assert.deepEqual([six.status, six.address], [200, OURS.ipv6], six.body);
  assert.equal((JSON.parse(six.body) as { device: string }).device, "Anna's phone");
  assert.equal((await visit()).status, 400);
});

test("plain HTTP is sent on to HTTPS, and whoever asks for another name gets nothing", async () => {
  const plain = await house.run("phone", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", `http://${NAME}/`);
  assert.equal(plain.stdout, `301 https://${NAME}/`);
  const other = await house.run(
    "phone",
    "curl",
    "-sk",
    "--resolve",
    `other.example.com:443:${ROUTER.wan.ipv4}`,
    ...withKey(),
    "https://other.example.com/",
  );
  assert.notEqual(other.code, 0);
  assert.equal(other.stdout, "");
});

test("from the internet nothing else answers: not enrolment, not the CA, not Home Assistant", async () => {
  const listening = succeeded(await house.run("ours", "ss", "-Hltn")).matchAll(/^LISTEN\s+\d+\s+\d+\s+\S+:(\d+)\s/gm);
  const ports = [...new Set([...listening].map(([, port]) => Number(port)))].toSorted((one, other) => one - other);
  for (const port of [80, 443, 8123, 8443, 8445, 8481]) assert.ok(ports.includes(port), `${port} is not among ${ports}`);
  const probe = `for address in ${ROUTER.wan.ipv4} ${OURS.ipv6}; do for port in ${ports.join(" ")} 53; do
    timeout 1 bash -c "exec 3<>/dev/tcp/$address/$port" 2>/dev/null && echo "$address $port" & done; done; wait`;
  const open = succeeded(await house.run("internet", "bash", "-c", `${probe}; true`))
    .trim()
    .split("\n")
    .toSorted();
  assert.deepEqual(open, [ROUTER.wan.ipv4, OURS.ipv6].flatMap((address) => [`${address} 443`, `${address} 80`]).toSorted());
});

test("back home it is as before: the same address, and nothing to change", async () => {
  house.move("wifi");
  const { status, address, body } = await visit("-4", ...withKey());
  assert.deepEqual([status, address, (JSON.parse(body) as { device: string }).device], [200, OURS.ipv4, "Anna's phone"]);
});

test("lost outside, it is revoked at home: what it had open is cut, and it is refused, while another phone goes on", async () => {
  house.move("mobile");
  const socket = openSocketOn(house, "phone", `wss://${NAME}/api/websocket`, keyOf("anna"));
  await socket.says("open");
  await socket.says("auth_required");
  const revoked = succeeded(await serve.latchkey("revoke", "Anna's phone"));
  assert.match(revoked, /door/);
  await socket.says("closed");
  for (const family of ["-4", "-6"]) {
    assert.equal((await visit(family, ...withKey())).status, 400);
    assert.equal((await visit(family, ...withKey("ben"))).status, 200);
  }
  const again = openSocketOn(house, "phone", `wss://${NAME}/api/websocket`, keyOf("anna"));
  await again.says("refused 400");
  house.move("wifi");
  assert.equal((await visit(...withKey())).status, 400);
});
