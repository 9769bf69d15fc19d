import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { CANARY_OWNER } from "../../clients/cli/doctor/canary-left.js";
import { call, connect } from "../../clients/connect/connect.js";
import { ReportEnforcementRequest, WatchCrlRequest } from "../../generated/latchkey/v1/publication_service.js";
import { issueAgedServer } from "../support/aged-operator.js";
import type { TestAuthority } from "../support/authority.js";
import { createDoor, type Door, type DoorSettings } from "../support/door.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { createOperator } from "../support/operator.js";
import { subscriberOf } from "../support/revocation.js";
import { selfSigned } from "../support/self-signed.js";
import { LATCHKEY } from "../support/transcript.js";

interface Finding {
  readonly about: string;
  readonly severity: string;
  readonly code?: string;
  readonly message: string;
  readonly page?: string;
}

interface Report {
  readonly code: number | null;
  /** Of the warnings and failures, without what is so in every house of these tests. */
  readonly codes: readonly string[];
  readonly findings: readonly Finding[];
  readonly stderr: string;
}

/** The CA runs in the tests' own process: its secrets were never shown, and no backup was made. */
const ALWAYS = ["PASSPHRASE_FILE_ON_THIS_HOST", "RECOVERY_PASSPHRASE_ON_THIS_HOST", "BACKUP_NEVER_MADE"];
const NO_VERIFICATION = "ssl_verify_client off;";

/** The CA in this process has no run.json: it is found by its administrator's credential, unless `--data` is among the flags. */
function start(authority: TestAuthority, flags: readonly string[]): ChildProcess {
  const place = flags.includes("--data") ? [] : ["--credential", join(authority.data, "operator")];
  const words = ["doctor", "--json", ...place, ...flags];
  return spawn(process.execPath, [LATCHKEY, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, HOME: authority.folder },
  });
}

async function finish(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

async function examine({ authority, port }: Pick<Door, "authority" | "port">, ...flags: string[]): Promise<Report> {
  const url = flags.includes("--url") ? [] : ["--url", `https://localhost:${port}`, "--connect", `127.0.0.1:${port}`];
  const { code, stdout, stderr } = await finish(start(authority, [...url, ...flags]));
  assert.ok(stdout !== "", stderr);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const codes = findings.flatMap((finding) => finding.code ?? []);
  return { code, findings, stderr, codes: codes.filter((one) => !ALWAYS.includes(one)) };
}

/** No canary is left in any house. */
async function assertNoCanary({ connection }: TestAuthority): Promise<void> {
  const filter = `authority = "devices" AND status = "valid" AND owner = "${CANARY_OWNER}"`;
  const { certificates } = await call(connection.certificates, "listCertificates", { pageSize: 10, pageToken: "", filter });
  assert.deepEqual(certificates, []);
}

/** Serves what the tests have changed, from new processes. */
async function serveAnew(door: Door, settings: DoorSettings): Promise<void> {
  await door.configure(settings);
  await door.nginx.stop();
  await door.nginx.start();
}

for (const { name, command } of await nginxVersions()) {
  test(`${name}: a house that is whole, from the name in DNS to the revoked canary`, async (t) => {
    const door = await createDoor(command);
    t.after(() => door.stop());
    await door.configure({ sessions: "ssl_session_cache none;" });
    assert.equal((await door.once()).code, 0);
    await door.nginx.start();
    await door.startHook();
    await until(async () => (await subscriberOf(door.authority.connection))?.connected === true, "the hook does not connect");
    await until(async () => (await subscriberOf(door.authority.connection))?.problem === "", "the hook has a problem");
    const flags = ["--url", `https://localhost:${door.port}`, "--lan-address", "127.0.0.1", "--websocket", "/ws"];
    const { code, codes, findings } = await examine(door, ...flags);
    assert.deepEqual([code, codes], [0, []]);
    const seen = findings.filter(
      ({ severity, about }) => severity === "ok" && ["Names", "Certificate", "Strangers", "Canary"].includes(about),
    );
    const expected = [
      /^localhost resolves to .*127\.0\.0\.1/,
      /^The door's certificate is the house's own/,
      /^The door's certificate is for localhost/,
      /^The door's certificate ends in \d+ days/,
      /^Who has no certificate is refused \(it answered 400\)/,
      /^Who has a certificate of another CA is refused \(it answered 400\)/,
      /^A good device is let in, over TLSv1\.2 \(it answered 200\)/,
      /^A good device is let in, over TLSv1\.3 \(it answered 200\)/,
      /^A WebSocket passes at \/ws/,
      /^door enforced the revocation after \d+ ms/,
      /^A revoked device is refused, on a new connection/,
      /^A revoked device that resumes its session is refused, over TLSv1\.2/,
      /^A revoked device that resumes its session is refused, over TLSv1\.3/,
      /^The WebSocket that the revoked device had open was closed/,
    ];
    assert.equal(seen.length, expected.length, seen.map(({ message }) => message).join("\n"));
    for (const [at, pattern] of expected.entries()) assert.match(seen[at]?.message ?? "", pattern);
    await assertNoCanary(door.authority);
  });
}

test("a hole in nginx's settings is the hook's finding: it is told once, with its page, and the door is looked at all the same", async (t) => {
  const [version] = await nginxVersions();
  const door = await createDoor(version?.command ?? "");
  t.after(() => door.stop());
  // With this nginx tickets die with the workers: nobody gets in by them, and still it is no setting for a door.
  await door.configure({ sessions: "ssl_session_cache shared:SSL:1m;" });
  assert.equal((await door.once()).code, 0);
  await door.nginx.start();
  await door.startHook();
  await until(async () => (await subscriberOf(door.authority.connection))?.problem === "NGINX_SETTINGS_LEAVE_A_HOLE", "no hole is found");
  const { code, codes, findings } = await examine(door);
  assert.deepEqual([code, codes], [5, ["NGINX_SETTINGS_LEAVE_A_HOLE"]]);
  const hole = findings.find((finding) => finding.code === "NGINX_SETTINGS_LEAVE_A_HOLE");
  assert.match(hole?.message ?? "", /\[SHARED_SESSION_CACHE\]/);
  assert.equal(hole?.page, "docs/nginx-settings.md#shared_session_cache");
  assert.ok(findings.some(({ severity, message }) => severity === "ok" && /revoked device is refused, on a new connection/.test(message)));
});

describe("one thing is broken, and that is found", () => {
  let door: Door;
  /** The hook was here, and is gone. */
  const away = "SUBSCRIBER_AWAY";
  before(async () => {
    const [version] = await nginxVersions();
    door = await createDoor(version?.command ?? "");
    await door.configure();
    assert.equal((await door.once()).code, 0);
    await door.nginx.start();
    // Once more, now that nginx runs: what it reports last is that all is well.
    assert.equal((await door.once()).code, 0);
  });
  after(() => door.stop());

  async function broken(settings: DoorSettings, ...flags: string[]): Promise<Report> {
    await serveAnew(door, settings);
    return await look(flags);
  }

  async function look(flags: readonly string[]): Promise<Report> {
    const report = await examine(door, ...flags);
    await assertNoCanary(door.authority);
    assert.equal(report.codes[0], away);
    return { ...report, codes: report.codes.slice(1) };
  }

  /** So while something does what a hook does, but for ending nginx's old workers: brings each new CRL into force. */
  async function brokenWithCrls(settings: DoorSettings, ...flags: string[]): Promise<Report> {
    await serveAnew(door, settings);
    const file = join(door.dir, "devices-crl.pem");
    let isOver = false;
    const following = (async () => {
      while (!isOver) {
        const newest = await (await fetch(`http://${door.authority.ca.http}/crl/devices.pem`)).text();
        if (newest !== (await readFile(file, "utf8"))) {
          await writeFile(`${file}.new`, newest);
          await rename(`${file}.new`, file);
          await door.nginx.reload();
        }
        await sleep(100);
      }
    })();
    try {
      return await look(flags);
    } finally {
      isOver = true;
      await following;
    }
  }

  test("NAME_NOT_RESOLVED: the name leads nowhere", async () => {
    const { code, codes } = await broken({}, "--url", "https://house.invalid", "--no-canary");
    assert.deepEqual([code, codes], [5, ["NAME_NOT_RESOLVED"]]);
  });

  test("NAME_NOT_LAN_ADDRESS: the name leads elsewhere inside", async () => {
    const { codes } = await broken({}, "--lan-address", "192.0.2.1", "--no-canary");
    assert.deepEqual(codes, ["NAME_NOT_LAN_ADDRESS"]);
  });

  test("NAME_NOT_PUBLIC_ADDRESS: the name leads elsewhere outside, or nowhere; and the right address is found right", async (t) => {
    const dns = await startDns(t, "198.51.100.7");
    const look = (address: string) => broken({}, "--public-address", address, "--public-resolver", dns, "--no-canary");
    assert.deepEqual((await look("198.51.100.7")).codes, []);
    assert.deepEqual((await look("198.51.100.8")).codes, ["NAME_NOT_PUBLIC_ADDRESS"]);
    assert.deepEqual((await look("2001:db8::1")).codes, ["NAME_NOT_PUBLIC_ADDRESS"]);
  });

  test("nobody outside is asked, unless it is said whom", async () => {
    const { codes, findings } = await broken({}, "--public-address", "198.51.100.7", "--no-canary");
    assert.deepEqual(codes, []);
    assert.ok(findings.some(({ severity, message }) => severity === "skipped" && /resolves outside/.test(message)));
  });

  test("DOOR_UNREACHABLE: nobody listens, and nothing behind it is called right", async () => {
    const { codes, findings } = await broken({}, "--url", `https://localhost:${door.port}`, "--connect", "127.0.0.1:1");
    assert.deepEqual(codes, ["DOOR_UNREACHABLE"]);
    const behind = findings.filter(({ about }) => about === "Strangers" || about === "Canary");
    assert.deepEqual([...new Set(behind.map(({ severity }) => severity))], ["skipped"]);
  });

  test("DOOR_CERTIFICATE_UNTRUSTED: nobody vouches for it", async () => {
    const kept = await readPair(door.dir);
    const { cert, key } = selfSigned("DNS:localhost");
    await writePair(door.dir, { chain: cert, key });
    const { codes } = await broken({}, "--no-canary");
    await writePair(door.dir, kept);
    assert.deepEqual(codes, ["DOOR_CERTIFICATE_UNTRUSTED"]);
  });

  test("DOOR_CERTIFICATE_WRONG_NAME: it is for another name", async () => {
    const { codes } = await broken({}, "--url", `https://house.test:${door.port}`, "--connect", `127.0.0.1:${door.port}`, "--no-canary");
    assert.deepEqual(codes, ["DOOR_CERTIFICATE_WRONG_NAME"]);
  });

  test("DOOR_CERTIFICATE_ENDS, then DOOR_CERTIFICATE_EXPIRED: nobody has renewed it", async () => {
    const kept = await readPair(door.dir);
    // It has 25 s left.
    let aged = kept;
    await door.authority.restart(async () => {
      aged = await issueAgedServer(door.authority, "localhost", "door", -80);
    });
    const end = Date.now() + 26_000;
    await writePair(door.dir, aged);
    const ends = await broken({}, "--no-canary");
    await sleep(end - Date.now());
    const expired = await broken({}, "--no-canary");
    await writePair(door.dir, kept);
    assert.deepEqual(ends.codes, ["DOOR_CERTIFICATE_ENDS"]);
    assert.deepEqual(expired.codes, ["DOOR_CERTIFICATE_EXPIRED"]);
  });

  test("DOOR_OPEN_WITHOUT_CERTIFICATE: nobody is asked for one", async () => {
    const { code, codes } = await broken({ verification: NO_VERIFICATION }, "--no-canary");
    assert.deepEqual([code, codes], [5, ["DOOR_OPEN_WITHOUT_CERTIFICATE"]]);
  });

  test("DOOR_TAKES_FOREIGN_CERTIFICATES: anybody's own will do", async () => {
    const verification = `ssl_client_certificate ${door.dir}/devices-ca.pem; ssl_verify_client optional_no_ca; if ($ssl_client_verify = NONE) { return 400; }`;
    assert.deepEqual((await broken({ verification }, "--no-canary")).codes, ["DOOR_TAKES_FOREIGN_CERTIFICATES"]);
  });

  test("CANARY_REFUSED: the door knows another CA", async () => {
    const file = join(door.nginx.folder, "other-ca.pem");
    await writeFile(file, selfSigned().cert);
    const verification = `ssl_client_certificate ${file}; ssl_verify_client on;`;
    assert.deepEqual((await broken({ verification })).codes, ["CANARY_REFUSED"]);
  });

  test("BACKEND_FAILS: nobody is behind the door", async () => {
    assert.deepEqual((await brokenWithCrls({ more: "location = / { proxy_pass http://127.0.0.1:1; }" })).codes, ["BACKEND_FAILS"]);
  });

  test("HOME_ASSISTANT_DISTRUSTS_PROXY: its 400 is not nginx's", async (t) => {
    // As aiohttp answers HTTPBadRequest, which Home Assistant raises for a proxy that is not among its trusted ones.
    const port = await startBackend(t, 400, "400: Bad Request");
    const { codes } = await brokenWithCrls({ more: `location = / { proxy_pass http://127.0.0.1:${port}; }` });
    assert.deepEqual(codes, ["HOME_ASSISTANT_DISTRUSTS_PROXY"]);
  });

  test("BACKEND_FAILS: Home Assistant has banned the proxy's address", async (t) => {
    const port = await startBackend(t, 403, "403: Forbidden");
    const { codes } = await brokenWithCrls({ more: `location = / { proxy_pass http://127.0.0.1:${port}; }` });
    assert.deepEqual(codes, ["BACKEND_FAILS"]);
  });

  test("WEBSOCKET_REFUSED: nginx does not pass the upgrade on", async () => {
    const { codes } = await brokenWithCrls({ more: `location = /api/websocket { proxy_pass http://127.0.0.1:${door.backend.port}; }` });
    assert.deepEqual(codes, ["WEBSOCKET_REFUSED"]);
  });

  test("a backend that has no WebSocket where Home Assistant has one is not called wrong", async () => {
    const more = "location = /api/websocket { return 404; }";
    assert.deepEqual((await brokenWithCrls({ more })).codes, []);
    assert.deepEqual((await brokenWithCrls({ more }, "--no-websocket")).codes, []);
    assert.deepEqual((await brokenWithCrls({ more }, "--websocket", "/api/websocket")).codes, ["WEBSOCKET_REFUSED"]);
  });

  test("REVOKED_DEVICE_LET_IN: no CRL reaches nginx", async () => {
    assert.deepEqual((await broken({})).codes, ["REVOKED_DEVICE_LET_IN"]);
  });

  test("REVOKED_SESSION_LET_IN: a shared cache keeps sessions over the reload", async () => {
    const { codes } = await brokenWithCrls({ sessions: "ssl_session_cache shared:SSL:1m; ssl_session_tickets off;" });
    assert.deepEqual([...new Set(codes)], ["REVOKED_SESSION_LET_IN"]);
  });

  test("WEBSOCKET_OUTLIVES_REVOCATION: old workers go on without limit", async () => {
    assert.deepEqual((await brokenWithCrls({ main: " " })).codes, ["WEBSOCKET_OUTLIVES_REVOCATION"]);
  });

  test("REVOCATION_NOT_ENFORCED: a hook that is connected says nothing", async (t) => {
    await connectSilentHook(t, door.authority);
    const { codes } = await brokenWithCrls({}, "--wait", "2s");
    assert.deepEqual(codes, ["REVOCATION_NOT_ENFORCED"]);
  });

  test("without the CA the door is looked at all the same, but for what needs it", async () => {
    await serveAnew(door, {});
    const { code, codes, findings } = await examine(door, "--data", join(door.nginx.folder, "nothing"));
    assert.deepEqual([code, codes], [5, ["CA_UNREACHABLE"]]);
    assert.ok(findings.some(({ severity, message }) => severity === "ok" && message.startsWith("Who has no certificate is refused")));
    const unseen = findings.filter(({ severity, about }) => severity === "skipped" && ["Certificate", "Canary"].includes(about));
    assert.equal(unseen.length, 2);
  });

  test("Ctrl-C in the middle ends it with the canary revoked", async () => {
    await serveAnew(door, {});
    const child = start(door.authority, ["--url", `https://localhost:${door.port}`]);
    const filter = `authority = "devices" AND owner = "${CANARY_OWNER}" AND status = "valid"`;
    const finished = finish(child);
    await until(async () => {
      const { certificates } = await call(door.authority.connection.certificates, "listCertificates", {
        pageSize: 10,
        pageToken: "",
        filter,
      });
      return certificates.length > 0;
    }, "no canary is issued");
    child.kill("SIGINT");
    const { code, stderr } = await finished;
    assert.equal(code, 130);
    assert.match(stderr, /"code":"INTERRUPTED".*canary of this examination is revoked/);
    await assertNoCanary(door.authority);
  });

  describe("from outside", () => {
    let enrollment: TestEnrollment;
    before(async () => {
      enrollment = await startTestEnrollment(door.authority, { devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
      const { address: enroll, devices = "" } = enrollment.service;
      const run = { pid: process.pid, grpc: door.authority.ca.grpc, http: door.authority.ca.http, enroll, devices };
      await writeFile(join(door.authority.data, "run.json"), JSON.stringify(run));
    });
    after(async () => {
      await rm(join(door.authority.data, "run.json"));
      await enrollment.stop();
    });
    const fromOutside = (settings: DoorSettings, address: string) =>
      broken(settings, "--data", door.authority.data, "--public-address", address, "--no-canary");

    // Loopback's own addresses stand for a public one that the router leads back in.
    test("ENROLLMENT_REACHABLE_FROM_OUTSIDE and DEVICES_PORT_REACHABLE_FROM_OUTSIDE: both ports answer by the public address", async () => {
      const { code, codes } = await fromOutside({}, "127.0.0.1");
      assert.deepEqual([code, codes], [5, ["ENROLLMENT_REACHABLE_FROM_OUTSIDE", "DEVICES_PORT_REACHABLE_FROM_OUTSIDE"]]);
    });

    test("a devices' port that shall be reached from outside is right", async () => {
      const settings = join(door.authority.data, "latchkey.yaml");
      await writeFile(settings, "devices:\n  host: devices.localhost\n");
      const { codes } = await fromOutside({}, "127.0.0.1");
      await rm(settings);
      assert.deepEqual(codes, ["ENROLLMENT_REACHABLE_FROM_OUTSIDE"]);
    });

    test("where the door alone answers by the public address, all is right", async () => {
      const { codes, findings } = await fromOutside({ more: `listen 127.0.0.2:${door.port} ssl;` }, "127.0.0.2");
      assert.deepEqual(codes, []);
      const told = findings.filter(({ about }) => about === "Outside");
      assert.deepEqual(
        told.map(({ severity }) => severity),
        ["ok", "ok"],
      );
    });

    test("where not even the door answers by it, nothing is called right", async () => {
      const { codes, findings } = await fromOutside({}, "127.0.0.3");
      assert.deepEqual(codes, []);
      const told = findings.filter(({ about }) => about === "Outside");
      assert.deepEqual(
        told.map(({ severity }) => severity),
        ["skipped"],
      );
      assert.match(told[0]?.message ?? "", /can't be looked at from inside/);
    });
  });

  for (const [flags, complaint] of [
    [["--url", "http://home.example.com"], /no address of a door/],
    [["--url", "https://localhost", "--connect", "localhost"], /no place to connect to/],
    [["--lan-address", "192.168.1.20"], /Say which door is meant/],
    [["--url", "https://localhost", "--lan-address", "house"], /no IP address/],
  ] as const) {
    test(`${flags.join(" ")} is not understood, and nothing is looked at`, async () => {
      const { code, stdout, stderr } = await finish(start(door.authority, flags));
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, complaint);
    });
  }
});

/** Something behind the door that answers everything so. Answers its port. */
async function startBackend(t: TestContext, status: number, body: string): Promise<number> {
  const server = createServer((_, response) => {
    response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A DNS server that knows one IPv4 address for every name. Answers `127.0.0.1:port`. */
async function startDns(t: TestContext, address: string): Promise<string> {
  const socket = createSocket("udp4");
  socket.on("message", (query, peer) => {
    const isA = query.readUInt16BE(query.length - 4) === 1;
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    // Without what may follow the question (EDNS).
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split(".").map(Number)]);
    socket.send(Buffer.concat([header, question, ...(isA ? [record] : [])]), peer.port, peer.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

/** A hook that is connected, has reported the present CRL, and will say nothing more. */
async function connectSilentHook(t: TestContext, authority: TestAuthority): Promise<void> {
  const name = "silent";
  const own = connect(await createOperator(authority, name, "nginx", ["localhost"]));
  const stream = own.publication.watchCrl(WatchCrlRequest.create({ authority: "devices" }));
  stream.on("data", () => {}).on("error", () => {});
  const { operations, certificates } = authority.connection;
  await until(async () => (await subscriberOf(authority.connection, name))?.connected === true, "the silent hook does not connect");
  const { authorities } = await call(operations, "getStatus", {});
  const crlNumber = authorities.find((one) => one.authority === "devices")?.crlNumber ?? "";
  await call(own.publication, "reportEnforcement", ReportEnforcementRequest.create({ crlNumber, clock: new Date() }));
  t.after(async () => {
    stream.cancel();
    own.close();
    const selector = { selected: { $case: "deviceName" as const, value: name } };
    await call(certificates, "revokeCertificate", { selector, reason: "", allowLastAdmin: false, requestId: "" });
  });
}

async function readPair(dir: string): Promise<{ chain: string; key: string }> {
  return { chain: await readFile(join(dir, "server.crt"), "utf8"), key: await readFile(join(dir, "server.key"), "utf8") };
}

async function writePair(dir: string, { chain, key }: { chain: string; key: string }): Promise<void> {
  await writeFile(join(dir, "server.crt"), chain);
  await writeFile(join(dir, "server.key"), key);
}
