import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createEngine, type Engine, ROOT } from "../support/container-engine.js";
import { curl, REFUSED_BEFORE_TLS, type TestHost } from "../support/router.js";
import type { Output } from "../support/serve.js";
import { createSourceNatNetwork, type SourceNatNetwork } from "../support/source-nat.js";

/**
 * docker-compose.yml, played for real: its images are built, and its containers run on a host with a LAN. The host is a network namespace, so that
 * the engine's bridges, firewall rules and ports are in there, and nothing of this machine's is touched.
 */
const NAME = "home.example.com";
const LATCHKEY = join(ROOT, "dist/clients/cli/latchkey.js");
const IMAGES = { latchkey: "latchkey", door: "latchkey-door", "demo-backend": "latchkey-demo-backend" } as const;
const SERVICES = ["ca", "enrollment", "door", "backend"] as const;
type Service = (typeof SERVICES)[number];

let network: SourceNatNetwork;
let engine: Engine;
/** The phone's folder: what `latchkey enroll` writes. */
let phone: string;

before(async () => {
  network = createSourceNatNetwork([443, 8443, 8445]);
  // Not `ip netns exec`, which would hide the control groups from the engine.
  engine = await createEngine(["nsenter", `--net=/run/netns/${network.ours.namespace}`, "--"]);
  phone = join(engine.folder, "phone");
  for (const [target, name] of Object.entries(IMAGES)) await engine.build(target, name);
  cpSync(join(ROOT, "docker-compose.yml"), join(engine.folder, "docker-compose.yml"));
  mkdirSync(join(engine.folder, "secrets"), { mode: 0o700 });
  writeFileSync(join(engine.folder, "secrets/keys-passphrase"), "correct horse battery staple\n", { mode: 0o444 });
  // The router is not in it, which makes strangers look like itself; the engine's own networks are, so that it is the guard that refuses them.
  const lan = "10.86.9.0/25,10.89.0.0/16";
  writeFileSync(join(engine.folder, ".env"), `LATCHKEY_NAME=${NAME}\nLATCHKEY_LAN_ADDRESS=${network.ours.ipv4}\nLATCHKEY_LAN=${lan}\n`);
});
after(async () => {
  await engine?.remove();
  network?.remove();
});

const containerOf = (service: Service) => `house_${service}_1`;
const compose = (...args: string[]) => engine.must("podman-compose", "--project-name", "house", ...args);
const within = (service: Service, ...command: string[]) => engine.run("podman", "exec", containerOf(service), ...command);

/** A command in the CA's container, as a person types it. */
async function latchkey(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await within("ca", "latchkey", ...args);
  assert.equal(code, 0, `${stdout}${stderr}`);
  return stdout;
}

async function untilHealthy(services: readonly Service[] = SERVICES.filter((name) => name !== "backend")): Promise<void> {
  for (const service of services) {
    for (let tries = 1; (await engine.run("podman", "healthcheck", "run", containerOf(service))).code !== 0; tries++) {
      if (tries === 60) assert.fail(`${service} does not become healthy:\n${await logOf(service)}`);
      await sleep(1_000);
    }
  }
}

async function logOf(service: Service): Promise<string> {
  const { stdout, stderr } = await engine.run("podman", "logs", containerOf(service));
  return `${stdout}${stderr}`;
}

function onHost({ namespace }: TestHost, ...command: string[]): Promise<Output> {
  // The phone is no host of containers, but its commands need the same: to be run, and to be heard.
  return engine.run("ip", "netns", "exec", namespace, ...command);
}

/** What a host hears from the door: the answer's text and its status. */
async function knock(host: TestHost, address: string, certificate: readonly string[] = []): Promise<string> {
  const place = ["--resolve", `${NAME}:443:${address}`, "--cacert", join(phone, "root.pem"), "--max-time", "10"];
  const { stdout, stderr } = await onHost(host, "curl", "-sS", ...place, ...certificate, "-w", "%{http_code}", `https://${NAME}/`);
  return `${stdout}${stderr}`;
}

const withCertificate = () => ["--cert", join(phone, "certificate.pem"), "--key", join(phone, "key.pem")];
const askEnrollment = (host: TestHost, address: string) => curl(host, `https://${address}:8443/healthz`);

test("docker-compose takes the file", async () => {
  const { code, stderr } = await engine.run("docker-compose", "config", "--quiet");
  assert.equal(code, 0, stderr);
});

test("the same sources, built anew, give the same layers", async () => {
  const layers = (name: string) => engine.must("podman", "image", "inspect", "--format", "{{json .RootFS.Layers}}", name);
  await engine.build("door", "again", ["--no-cache"]);
  assert.equal(await layers("again"), await layers(IMAGES.door));
});

test("no image has what builds", async () => {
  for (const image of Object.values(IMAGES)) {
    const tools = "npm npx yarn corepack gcc cc g++ make tsc esbuild buf python3 git";
    const script = `for one in ${tools}; do command -v $one; done; find / -xdev \\( -name esbuild -o -name typescript -o -name tsc \\) -size +0 -not -type d`;
    const { stdout } = await engine.run("podman", "run", "--rm", "--network", "none", "--user", "0", image, "sh", "-c", script);
    assert.equal(stdout, "", image);
  }
});

test("it comes up, and each of the three says that it is well", async () => {
  await compose("up", "--detach", "--no-build");
  await untilHealthy();
});

test("nobody is root, no root can be written to, and none of them can become more than it is", async () => {
  for (const service of SERVICES) {
    const { stdout } = await within(
      service,
      "sh",
      "-c",
      "id -u; touch /usr/x /var/x /x 2>&1; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/1/status",
    );
    const [uid, ...rest] = stdout.trim().split("\n");
    assert.equal(uid, "10001", service);
    assert.equal(rest.filter((line) => line.includes("Read-only file system")).length, 3, stdout);
    assert.deepEqual(
      rest.slice(-3).map((line) => line.replace(/\s+/, " ")),
      ["CapEff: 0000000000000000", "CapBnd: 0000000000000000", "NoNewPrivs: 1"],
    );
  }
});

/** Every file whose path is one of these, wherever a volume is mounted. */
const filesIn = async (service: Service, ...paths: readonly string[]) => {
  const wanted = paths.flatMap((path) => ["-o", "-path", path]).slice(1);
  const { stdout } = await within(
    service,
    "find",
    "/",
    "-type",
    "f",
    "(",
    ...wanted,
    ")",
    "-not",
    "-path",
    "/proc/*",
    "-not",
    "-path",
    "/sys/*",
  );
  return stdout.split("\n").filter((line) => line !== "");
};

test("the keys and their passphrase are in the CA's container alone, and each neighbour has its own credential alone", async () => {
  const secrets = ["/var/lib/*/keys/*", "/run/secrets/*", "*.recovery"];
  const inCa = await filesIn("ca", ...secrets);
  assert.ok(inCa.includes("/run/secrets/keys-passphrase") && inCa.length > 4, inCa.join("\n"));
  for (const service of ["enrollment", "door", "backend"] as const) assert.deepEqual(await filesIn(service, ...secrets), [], service);

  const credential = "/credentials/*/operator.key";
  const [enrollment, door] = ["enrollment", "door"].map((name) => `/credentials/${name}/operator/operator.key`);
  assert.deepEqual((await filesIn("ca", credential)).toSorted(), [door, enrollment]);
  assert.deepEqual(await filesIn("enrollment", credential), [enrollment]);
  assert.deepEqual(await filesIn("door", credential), [door]);
  assert.deepEqual(await filesIn("backend", credential), []);
});

test("only the enrolment service is on the LAN's network, and the CA has no way out", async () => {
  const networksOf = async (service: Service) =>
    Object.keys(
      JSON.parse(await engine.must("podman", "inspect", "--format", "{{json .NetworkSettings.Networks}}", containerOf(service))),
    ).toSorted();
  assert.deepEqual(await networksOf("ca"), ["house_grpc"]);
  assert.deepEqual(await networksOf("enrollment"), ["house_grpc", "house_lan"]);
  assert.deepEqual(await networksOf("door"), ["house_back", "house_front", "house_grpc"]);
  assert.deepEqual(await networksOf("backend"), ["house_back"]);
  const { stdout } = await within("ca", "cat", "/proc/net/route");
  assert.doesNotMatch(stdout, /\t00000000\t[0-9A-F]{8}\t0003/);
});

test("a phone on the LAN enrols, and the door lets it in; without a certificate it is refused", async () => {
  const invited = JSON.parse(await latchkey("invite", "Anna's phone", "--json")) as {
    url: string;
    passphrase: string;
    caFingerprint: string;
  };
  assert.ok(invited.url.startsWith(`https://${network.ours.ipv4}:8443/i/`), invited.url);
  const passphrase = join(engine.folder, "passphrase");
  writeFileSync(passphrase, `${invited.passphrase}\n`, { mode: 0o600 });
  const flags = ["--fingerprint", invited.caFingerprint, "--passphrase-file", passphrase, "--out", phone];
  const { code, stdout, stderr } = await onHost(network.phone, process.execPath, LATCHKEY, "enroll", invited.url, ...flags);
  assert.equal(code, 0, `${stdout}${stderr}`);

  assert.match(await knock(network.phone, network.ours.ipv4, withCertificate()), /The demo backend sees Anna's phone\.\n200$/);
  assert.match(await knock(network.phone, network.ours.ipv4), /This door opens to invited devices[\s\S]*400$/);
});

test("an outsider, whom the router forwards, gets no TLS handshake at the enrolment port, and no further than nginx at the door", async () => {
  const { stranger, outside } = network;
  assert.deepEqual(await askEnrollment(stranger, outside.ipv4), REFUSED_BEFORE_TLS);
  assert.match(await knock(stranger, outside.ipv4), /400$/);
  assert.match(await knock(stranger, outside.ipv4, withCertificate()), /200$/);
});

test("everything is started again, and goes on", async () => {
  await compose("restart", "--timeout", "10");
  await untilHealthy();
  assert.match(await knock(network.phone, network.ours.ipv4, withCertificate()), /200$/);
});

test("killed where it stands, it goes on as well; a credential that is gone is made anew", async () => {
  await within("ca", "rm", "-r", "/credentials/enrollment/operator");
  for (const service of SERVICES) await engine.must("podman", "kill", containerOf(service));
  for (const service of SERVICES) await engine.must("podman", "start", containerOf(service));
  await untilHealthy();
  assert.match(await knock(network.phone, network.ours.ipv4, withCertificate()), /200$/);
});

test("a revoked phone is refused, and the door has said so", async () => {
  assert.match(await latchkey("revoke", "Anna's phone", "--yes"), /enforced by front-door/);
  assert.match(await knock(network.phone, network.ours.ipv4, withCertificate()), /400$/);
});

test("where the engine's NAT hides who comes, everybody is refused, whatever the LAN is said to be, and the log says what to do", async () => {
  await engine.must(
    "nft",
    "add table ip hide; add chain ip hide post { type nat hook postrouting priority srcnat - 10; }; add rule ip hide post ct status dnat masquerade",
  );
  assert.deepEqual(await askEnrollment(network.phone, network.ours.ipv4), REFUSED_BEFORE_TLS);
  assert.deepEqual(await askEnrollment(network.stranger, network.outside.ipv4), REFUSED_BEFORE_TLS);
  assert.match(await logOf("enrollment"), /is this container's gateway, and not on the LAN.*docs\/containers\.md/);
  assert.ok(readFileSync(join(ROOT, "docs/containers.md"), "utf8").includes("\n## Who is on the LAN\n"));
});
