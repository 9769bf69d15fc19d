import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { DDCLIENT_PROTOCOLS } from "../../clients/site/schema.js";
import { freePorts, until } from "../support/nginx.js";
import { selfSigned } from "../support/self-signed.js";
import { readUciBatch, readUciFile } from "../support/uci.js";
import { DUCKDNS, fileOf, houseWith, KINDS, kitOf } from "../unit/site/world.js";

/** Each file of the kit, read by the program that it is for. */

const execute = promisify(execFile);
const ENVIRONMENT = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
const run = (command: string, args: readonly string[]) => execute(command, args, { env: ENVIRONMENT });

/** Of a program that ends with a failure by its nature: all that it says. */
async function saidBy(command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(command, args).catch((error: { stdout: string; stderr: string }) => error);
  return stdout + stderr;
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-site-"));
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

async function put(folder: string, name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode });
  return path;
}

/** A DNS server of the test's own, asked until it answers. */
async function resolverOf(t: TestContext, port: number, command: string, args: readonly string[]): Promise<Resolver> {
  const server = spawn(command, args, { env: ENVIRONMENT, stdio: "ignore" });
  const gone = new Promise((resolve) => server.once("close", resolve));
  t.after(async () => {
    server.kill("SIGTERM");
    await gone;
  });
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  await until(async () => {
    if (server.exitCode !== null) throw new Error(`${command} ended with ${server.exitCode}`);
    return await resolver.resolve4("home.example.com").then(
      () => true,
      () => false,
    );
  }, `${command} does not answer`);
  return resolver;
}

async function answersForHouse(resolver: Resolver): Promise<void> {
  for (const name of ["home.example.com", "ha.example.com", "nas.example.com"]) {
    assert.deepEqual(await resolver.resolve4(name), ["192.168.1.2"], name);
    assert.deepEqual(await resolver.resolve6(name), ["2001:db8::2"], name);
  }
}

const DNSMASQ = ["--no-daemon", "--listen-address=127.0.0.1", "--bind-interfaces", "--no-resolv", "--no-hosts", "--user=root"];

for (const kind of ["dnsmasq", "pihole"]) {
  test(`dnsmasq takes the file for ${kind}, and answers as it says: with IPv4 alone, nothing for IPv6 from outside`, async (t) => {
    const folder = await folderFor(t);
    const [port = 0, other = 0] = await freePorts(2);
    const conf = await put(folder, "house.conf", fileOf(houseWith({ dns: { kind } }), `dns/${kind}.conf`));
    await run("dnsmasq", ["--test", `--conf-file=${conf}`]);
    await answersForHouse(await resolverOf(t, port, "dnsmasq", [...DNSMASQ, `--port=${port}`, `--conf-file=${conf}`]));
    const four = { ...houseWith({ dns: { kind } }), lan: { ipv4: "192.168.1.2" } };
    const alone = await put(folder, "four.conf", fileOf(four, `dns/${kind}.conf`));
    const outside = "--server=127.0.0.1#9";
    const resolver = await resolverOf(t, other, "dnsmasq", [...DNSMASQ, `--port=${other}`, `--conf-file=${alone}`, outside]);
    await assert.rejects(resolver.resolve6("home.example.com"), { code: "ENODATA" });
  });
}

test("the lines for /etc/hosts are read as a hosts file", async (t) => {
  const folder = await folderFor(t);
  const [port = 0] = await freePorts(1);
  const hosts = await put(folder, "hosts", fileOf(houseWith({ dns: { kind: "hosts" } }), "dns/hosts"));
  const args = [...DNSMASQ, `--port=${port}`, "--conf-file=/dev/null", `--addn-hosts=${hosts}`];
  await answersForHouse(await resolverOf(t, port, "dnsmasq", args));
});

test("unbound takes its file, and answers as it says", async (t) => {
  const folder = await folderFor(t);
  const [port = 0] = await freePorts(1);
  const house = await put(folder, "house.conf", fileOf(houseWith({ dns: { kind: "unbound" } }), "dns/unbound.conf"));
  const lines = [
    "server:",
    "  interface: 127.0.0.1",
    `  port: ${port}`,
    "  do-daemonize: no",
    '  username: ""',
    '  chroot: ""',
    `  directory: "${folder}"`,
    `  pidfile: "${folder}/unbound.pid"`,
    "  use-syslog: no",
    "remote-control:",
    "  control-enable: no",
    `include: "${house}"`,
  ];
  const conf = await put(folder, "unbound.conf", `${lines.join("\n")}\n`);
  await run("unbound-checkconf", [conf]);
  await answersForHouse(await resolverOf(t, port, "unbound", ["-d", "-c", conf]));
});

test("records for the DNS provider are resource records", async (t) => {
  const folder = await folderFor(t);
  const dynamicDns = { kind: "static", ipv4: "203.0.113.5", ipv6: "2001:db8::5" };
  const zone = fileOf(houseWith({ dynamicDns }), "dynamic-dns/records.zone");
  const records = zone.split("\n").filter((line) => line !== "" && !line.startsWith(";"));
  assert.equal(records.length, 6);
  const conf = await put(folder, "unbound.conf", `server:\n${records.map((record) => `  local-data: "${record}"\n`).join("")}`);
  await run("unbound-checkconf", [conf]);
});

test("what OpenWrt's shell is given and what its files are given is the same", async () => {
  const site = houseWith({ dns: { kind: "openwrt" }, router: { kind: "openwrt" } });
  for (const [script, file, config] of [
    ["dns/openwrt.sh", "dns/openwrt.dhcp", "dhcp"],
    ["router/openwrt.sh", "router/openwrt.firewall", "firewall"],
  ] as const) {
    assert.deepEqual(readUciBatch(fileOf(site, script)), readUciFile(config, fileOf(site, file)));
  }
  const firewall = readUciFile("firewall", fileOf(site, "router/openwrt.firewall"));
  assert.deepEqual(
    firewall.map(({ type, name, options: { family, src_dport: outside = "", dest_ip: address, dest_port: inside, target } }) =>
      [type, name, family, outside, address, inside, target].join(" "),
    ),
    [
      "redirect latchkey_https ipv4 443 192.168.1.2 443 DNAT",
      "redirect latchkey_http ipv4 80 192.168.1.2 80 DNAT",
      "rule latchkey_https_ipv6 ipv6  2001:db8::2 443 ACCEPT",
      "rule latchkey_http_ipv6 ipv6  2001:db8::2 80 ACCEPT",
    ],
  );
  const names = readUciFile("dhcp", fileOf(site, "dns/openwrt.dhcp")).map(({ options }) => `${options.name} ${options.ip}`);
  assert.ok(names.includes("nas.example.com 192.168.1.2") && names.includes("nas.example.com 2001:db8::2"), names.join());
});

test("nft takes the router's rules, twice in a row, and they are what they should be", async (t) => {
  const folder = await folderFor(t);
  const site = houseWith({ router: { kind: "nftables", wan: "eth0" }, nginx: { httpsPort: 8443, redirect: false } });
  const file = await put(folder, "latchkey.nft", fileOf(site, "router/latchkey.nft"));
  const script = `nft -c -f ${file} && nft -f ${file} && nft -f ${file} && nft list ruleset`;
  const { stdout } = await run("unshare", ["--map-root-user", "--net", "sh", "-c", script]);
  assert.match(stdout, /iifname "eth0" tcp dport 443 dnat ip to 192\.168\.1\.2:8443/);
  assert.match(stdout, /iifname "eth0" ip6 daddr 2001:db8::2 tcp dport (\{ )?8443( \})? accept/);
  assert.doesNotMatch(stdout, /dport 80\b/);
});

/** Every letter that a password may have beside letters and digits. */
const PASSWORD = "a!$%&()*+-./:;<=>?@[]^_`{|}~Z";

for (const protocol of DDCLIENT_PROTOCOLS) {
  test(`ddclient takes the file for ${protocol}, and would send the names and the password as they are`, async (t) => {
    const folder = await folderFor(t);
    const provider = { server: "members.example.net", zone: "example.com", login: "anna@example.com" };
    const site = houseWith({ dynamicDns: { kind: "ddclient", protocol, passwordFile: "x", ...provider } }, PASSWORD);
    const file = await put(folder, "ddclient.conf", fileOf(site, "dynamic-dns/ddclient.conf"));
    const { stdout: protocols } = await run("ddclient", ["-list-protocols"]);
    assert.ok(protocols.split("\n").includes(protocol), `ddclient knows no ${protocol}`);
    // Nothing is sent: `-noexec` says what would be. The address is given, so that nobody is asked for it.
    const own = ["-file", file, "-cache", join(folder, "cache"), "-pid", join(folder, "pid"), "-usev4=ipv4", "-ipv4=203.0.113.7"];
    const said = await saidBy("ddclient", [...own, "-daemon=0", "-noexec", "-foreground", "-verbose", "-nosyslog"]);
    assert.doesNotMatch(said, /WARNING/);
    for (const name of ["home.example.com", "ha.example.com", "nas.example.com"]) assert.ok(said.includes(name), `no ${name}: ${said}`);
    const basic = Buffer.from(`anna@example.com:${PASSWORD}`).toString("base64");
    assert.ok(said.includes(basic) || said.includes(PASSWORD), `no password: ${said}`);
  });
}

test("systemd takes the timer and the service", async (t) => {
  const folder = await folderFor(t);
  const kit = kitOf(houseWith(DUCKDNS, "0123-abcd"));
  const units = join(folder, "units");
  await mkdir(units);
  const script = await put(folder, "update", kit["dynamic-dns/duckdns-update"] ?? "");
  for (const name of ["latchkey-duckdns.service", "latchkey-duckdns.timer"])
    await put(units, name, (kit[`dynamic-dns/${name}`] ?? "").replace("/usr/local/lib/latchkey/duckdns-update", script), 0o644);
  const files = ["latchkey-duckdns.timer", "latchkey-duckdns.service"].map((name) => join(units, name));
  const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", ...files]);
  assert.equal(stdout + stderr, "");
});

test("the script tells DuckDNS the names and the token, and says plainly when DuckDNS refuses", async (t) => {
  const folder = await folderFor(t);
  const { cert, key } = selfSigned("DNS:www.duckdns.org");
  const asked: string[] = [];
  let answer = "OK";
  const server = createServer({ cert, key }, (request, response) => {
    asked.push(request.url ?? "");
    response.end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const kit = kitOf(houseWith(DUCKDNS, "0123-abcd"));
  const script = await put(folder, "duckdns-update", kit["dynamic-dns/duckdns-update"] ?? "");
  await put(folder, "token", kit["dynamic-dns/duckdns.token"] ?? "");
  // curl's own file leads it here, and makes it trust this server.
  const ca = await put(folder, "ca.pem", cert);
  await put(folder, ".curlrc", `connect-to = "www.duckdns.org:443:127.0.0.1:${port}"\ncacert = "${ca}"\nnoproxy = "*"\n`);
  const env = { ...ENVIRONMENT, CURL_HOME: folder, CREDENTIALS_DIRECTORY: folder };
  await execute("sh", [script], { env });
  assert.deepEqual(asked, ["/update?domains=home&token=0123-abcd&ip="]);
  answer = "KO";
  await assert.rejects(execute("sh", [script], { env }), /DuckDNS did not take the address \(it answers: KO\)/);
});

const SCRIPTS = ["certbot/latchkey", "dns/openwrt.sh", "dynamic-dns/duckdns-update", "dynamic-dns/openwrt.sh", "router/openwrt.sh"];

test("the scripts are ones that a shell reads without a complaint, and their first line is the system's", async (t) => {
  const folder = await folderFor(t);
  const scripts = KINDS.flatMap((kind) => Object.entries(kitOf(houseWith(kind, "0123-abcd")))).filter(([, text]) =>
    /^(#!|uci )/m.test(text),
  );
  const names = new Set(scripts.map(([name]) => name));
  assert.deepEqual([...names].sort(), SCRIPTS);
  for (const [name, text] of scripts) {
    assert.match(text, /^#!\/bin\/sh\n# Goes to: .+\n# Undo: .+\n\n/, name);
    const script = await put(folder, "script", text);
    await run("sh", ["-n", script]);
    // But for single quotes: what another shell is given is not for this one to expand.
    await run("shellcheck", ["--exclude=SC2016", script]);
  }
});

test("AdGuard Home and Home Assistant are given YAML with what they expect", () => {
  const adguard = parse(fileOf(houseWith({ dns: { kind: "adguard" } }), "dns/adguard.yaml"));
  assert.equal(adguard.filtering.rewrites.length, 6);
  assert.deepEqual(adguard.filtering.rewrites[1], { domain: "home.example.com", answer: "2001:db8::2", enabled: true });
  const http = parse(fileOf(houseWith(), "home-assistant/home.example.com.yaml"));
  assert.deepEqual(http, { http: { use_x_forwarded_for: true, trusted_proxies: ["127.0.0.1", "::1"] } });
});

test("the unit that keeps another front door's files is one that systemd takes, and its command one that a shell takes", async (t) => {
  const folder = await folderFor(t);
  const kits = KINDS.filter((kind) => "frontDoor" in kind).map((kind) => kitOf(houseWith(kind)));
  const units = kits.flatMap((kit) => kit["systemd/latchkey-follow.service"] ?? []);
  assert.equal(units.length, 4);
  for (const [index, unit] of units.entries()) {
    const name = `follow-${index}.service`;
    await put(folder, name, unit, 0o644);
    const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", join(folder, name)]);
    assert.equal(stdout + stderr, "");
    const [, command = ""] = /--command "(.*)"$/m.exec(unit) ?? [];
    await run("sh", ["-n", "-c", command.replaceAll("$$", "$")]);
  }
});

test("Traefik and Envoy are given YAML, in which every site leads to its backend", () => {
  const traefik = parse(fileOf(houseWith({ frontDoor: "traefik" }), "traefik/latchkey.yml"));
  assert.equal(traefik.http.routers["latchkey-1"].rule, "Host(`home.example.com`) || Host(`ha.example.com`)");
  assert.equal(traefik.http.services["latchkey-2"].loadBalancer.servers[0].url, "http://192.168.1.3:5000");
  const certificate = { certificate: "/etc/a.pem", key: "/etc/a.key" };
  const envoy = parse(fileOf(houseWith({ frontDoor: "envoy", nginx: { certificate } }), "envoy/envoy.yaml")).static_resources;
  const [listener] = envoy.listeners;
  const routesOf = (site: string) => parse(site).static_resources.listeners[0].filter_chains[0].filters[0].typed_config.route_config;
  const hsts = (hstsDays: number) =>
    routesOf(fileOf(houseWith({ frontDoor: "envoy", nginx: { certificate, hstsDays } }), "envoy/envoy.yaml"));
  assert.equal(hsts(1).response_headers_to_add[0].header.value, "max-age=86400");
  // As with the other doors: the backend's own is not passed on, and nobody is told to forget.
  assert.deepEqual([hsts(0).response_headers_to_add, hsts(0).response_headers_to_remove], [undefined, ["Strict-Transport-Security"]]);
  const tls = listener.filter_chains[0].transport_socket.typed_config;
  assert.equal(tls.require_client_certificate, true);
  assert.match(tls.common_tls_context.validation_context.crl.filename, /devices-crl\.pem$/);
  assert.equal(envoy.clusters[1].load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.port_value, 5000);
});
