import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectPlainly } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { WebSocket } from "ws";
import { call } from "../../clients/connect/connect.js";
import { auditSettings } from "../../clients/nginx/settings/audit.js";
import { GetCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { ask } from "../support/device.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { selfSigned } from "../support/self-signed.js";
import { createSite, shakesHands, startNamedBackend, type TestBackend, type TestSite, visit, visitPlainly } from "../support/site.js";

type Identity = Awaited<ReturnType<typeof issueDevice>>;
/** A comma, an attribute that is none, octets beyond ASCII. */
const NAME = "Anna's phone, UID=evil, \u00fc";
/** As nginx writes it. */
const WRITTEN = String.raw`Anna's phone\, UID=evil\, \C3\BC`;
const FORGED = {
  "X-Device-Name": "root",
  "X-Device-Id": "0",
  "X-Device-Serial-Number": "0",
  "X-Device-Subject": "CN=root",
  "X-Forwarded-For": "10.9.9.9",
};

let authority: TestAuthority;
let phone: Identity;
before(async () => {
  authority = await startTestAuthority({ domains: ["example.com"] });
  phone = await issueDevice(authority.connection, NAME);
});
after(() => authority.stop());

for (const { name: generation, command } of await nginxVersions()) {
  describe(`the rendered site with nginx of ${generation}`, () => {
    let site: TestSite;
    let home: TestBackend;
    let nas: TestBackend;
    let plain: { sites: { domain: string; aliases?: string[]; backend: string }[] };

    before(async () => {
      site = await createSite(command, authority);
      home = await startNamedBackend("home");
      nas = await startNamedBackend("nas");
      plain = {
        sites: [
          { domain: "home.example.com", backend: `http://127.0.0.1:${home.port}` },
          { domain: "nas.example.com", aliases: ["files.example.com"], backend: `http://localhost:${nas.port}/` },
        ],
      };
      await site.use(plain);
    });
    after(async () => {
      await site.stop();
      await home.close();
      await nas.close();
    });

    test("is taken without a warning, leaves no hole, and the hook proves it", async () => {
      assert.doesNotMatch(await site.nginx.errorLog(), /\[(warn|emerg)\]/);
      assert.deepEqual(await auditSettings(await site.nginx.dump(), site.dir, { cutsItself: true }), []);
      const { exitCode, complaints } = await site.refresh();
      assert.deepEqual([exitCode, complaints], [0, []]);
    });

    test("a device is let in, and the backend hears which one it is, whatever the device says of itself", async () => {
      const { status, body, headers } = await visit(site, { identity: phone, path: "/lovelace?x=1", headers: FORGED });
      assert.deepEqual([status, body], [200, "home\n"]);
      assert.equal(headers["strict-transport-security"], "max-age=63072000");
      const heard = home.requests.at(-1);
      const request = GetCertificateRequest.create({ name: `authorities/devices/certificates/${phone.serialNumber}` });
      const { certificate } = await call(authority.connection.certificates, "getCertificate", request);
      assert.equal(heard?.url, "/lovelace?x=1");
      assert.equal(heard?.headers["x-device-name"], WRITTEN);
      assert.equal(heard?.headers["x-device-id"], certificate?.deviceId);
      assert.equal(String(heard?.headers["x-device-serial-number"]).toLowerCase(), phone.serialNumber);
      assert.match(String(heard?.headers["x-device-subject"]), /^UID=|^CN=A/);
      assert.equal(heard?.headers["x-forwarded-for"], "127.0.0.1");
      assert.equal(heard?.headers["x-forwarded-proto"], "https");
      assert.equal(heard?.headers.host, "home.example.com");
    });

    test("every name leads to its own backend", async () => {
      for (const [name, expected] of [
        ["home.example.com", "home\n"],
        ["nas.example.com", "nas\n"],
        ["files.example.com", "nas\n"],
      ] as const) {
        const { status, body } = await visit(site, { identity: phone, name });
        assert.deepEqual([name, status, body], [name, 200, expected]);
      }
    });

    test("a WebSocket passes, and an ordinary request asks for none", async () => {
      const socket = new WebSocket(`wss://home.example.com:${site.httpsPort}/`, {
        ca: site.root,
        cert: phone.certificate,
        key: phone.key,
        lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
      });
      const echoed = await new Promise((resolve, reject) => {
        socket
          .once("error", reject)
          .once("open", () => socket.send("ping"))
          .once("message", (text) => resolve(text.toString()));
      });
      socket.terminate();
      assert.equal(echoed, "ping");
      await visit(site, { identity: phone });
      assert.equal(home.requests.at(-1)?.headers.upgrade, undefined);
      assert.equal(home.requests.at(-1)?.headers.connection, "close");
    });

    test("no certificate, a foreign one and a revoked one get the same page, and nothing of the backend", async () => {
      const lost = await issueDevice(authority.connection, `lost phone ${generation}`);
      assert.equal((await visit(site, { identity: lost })).status, 200);
      const selector = { selected: { $case: "deviceName" as const, value: `lost phone ${generation}` } };
      await call(authority.connection.certificates, "revokeCertificate", { selector, reason: "", allowLastAdmin: false, requestId: "" });
      assert.equal((await site.refresh()).exitCode, 0);
      const foreign = selfSigned();
      const before = home.requests.length;
      const answers = await Promise.all(
        [undefined, { certificate: foreign.cert, key: foreign.key }, lost].map((identity) => visit(site, { identity, headers: FORGED })),
      );
      const [first] = answers;
      assert.equal(first?.status, 400);
      assert.match(first?.body ?? "", /<h1>This door opens to devices that were invited<\/h1>/);
      assert.match(String(first?.headers["content-type"]), /^text\/html/);
      const told = ({ status, body, headers: { date: _, ...headers } }: (typeof answers)[number]) => ({ status, body, headers });
      for (const answer of answers) assert.deepEqual(told(answer), first && told(first));
      for (const path of ["/latchkey-check", "/latchkey-status"]) assert.equal((await visit(site, { path })).status, 400);
      assert.equal(home.requests.length, before);
      assert.equal((await visit(site, { identity: phone })).status, 200);
    });

    test("who asks for another name, or for none, gets no handshake", async () => {
      assert.equal(await shakesHands(site, "home.example.com"), true);
      assert.equal(await shakesHands(site, "www.example.com"), false);
      assert.equal(await shakesHands(site, undefined), false);
    });

    test("who shakes hands for our name, and then asks for another one, gets no answer, with a certificate or without", async () => {
      for (const identity of [undefined, phone]) {
        const before = home.requests.length;
        assert.equal((await visit(site, { identity, headers: { Host: "www.example.com" } })).status, 0);
        assert.equal(home.requests.length, before);
      }
      // Another of our own names is another door: nginx wants a handshake of its own for it.
      assert.equal((await visit(site, { identity: phone, headers: { Host: "nas.example.com" } })).status, 421);
    });

    test("HTTP/2 is spoken, too", async () => {
      const session = connectHttp2(`https://home.example.com:${site.httpsPort}`, {
        ca: site.root,
        cert: phone.certificate,
        key: phone.key,
        lookup: (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
      });
      const status = await new Promise((resolve, reject) => {
        session.once("error", reject);
        session.request({ ":path": "/" }).once("error", reject).once("response", resolve).resume();
      });
      session.close();
      assert.equal((status as Record<string, unknown>)[":status"], 200);
    });

    test("plain HTTP is sent on for our own names, and not answered for others", async () => {
      const { status, headers } = await visitPlainly(site.httpPort, "nas.example.com", "/a?b=c");
      assert.deepEqual([status, headers.location], [301, `https://nas.example.com:${site.httpsPort}/a?b=c`]);
      assert.equal((await visitPlainly(site.httpPort, "www.example.com")).status, 0);
    });

    test("TLS 1.3 alone, and no session is resumed", async () => {
      const first = await ask(deviceOf(site, phone), { servername: "home.example.com", head: HEAD });
      assert.equal(first.status, 200, first.body);
      const again = { servername: "home.example.com", head: HEAD, ...(first.session && { session: first.session }) };
      assert.equal((await ask(deviceOf(site, phone), again)).resumed, false);
      assert.equal((await visit(site, { identity: phone, version: "TLSv1.2" })).status, 0);
    });

    test("the check address says who the door takes a device for, and the status location answers loopback", async () => {
      const check = await visit(site, { identity: phone, path: "/latchkey-check" });
      assert.equal(check.body, `This device is let in: ${WRITTEN}\n`);
      assert.match((await visitPlainly(site.statusPort, "localhost", "/latchkey-status")).body, /^\d+\n$/);
    });

    test("a device that asks too often is told so, and another one is not", async () => {
      await site.use({ ...plain, nginx: { rate: { perMinute: 1, burst: 1 } } });
      const answers: number[] = [];
      for (let asked = 0; asked < 4; asked++) answers.push((await visit(site, { identity: phone })).status);
      assert.deepEqual(answers.slice(0, 2), [200, 200]);
      assert.ok(answers.includes(429), answers.join());
      const other = await issueDevice(authority.connection, `calm phone ${generation}`);
      assert.equal((await visit(site, { identity: other })).status, 200);
    });

    test("TLS 1.2 on request, with and without a group for DHE, resumes nothing either", async () => {
      const dhparam = join(site.nginx.folder, "dhparam.pem");
      execFileSync("openssl", ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe2048", "-out", dhparam]);
      for (const more of [{}, { dhparam }]) {
        await site.use({ ...plain, nginx: { tls12: true, ...more } });
        assert.deepEqual(await auditSettings(await site.nginx.dump(), site.dir, { cutsItself: true }), []);
        for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
          const first = await ask(deviceOf(site, phone), { version, servername: "home.example.com", head: HEAD });
          assert.equal(first.status, 200, first.body);
          const again = { version, servername: "home.example.com", head: HEAD, ...(first.session && { session: first.session }) };
          assert.equal((await ask(deviceOf(site, phone), again)).resumed, false);
        }
      }
      assert.doesNotMatch(await site.nginx.errorLog(), /\[(warn|emerg)\]/);
    });

    test("every other setting is taken, too, and leaves no hole", async () => {
      const own = selfSigned("DNS:home.example.com");
      const [certificate, key] = [join(site.nginx.folder, "own.pem"), join(site.nginx.folder, "own.key")];
      await writeFile(certificate, own.cert);
      await writeFile(key, own.key);
      const long = `${Array(3).fill("x".repeat(63)).join(".")}.${"y".repeat(49)}.example.com`;
      for (const more of [
        { nginx: { addresses: ["127.0.0.1", "::1"], hstsDays: 0, redirect: false } },
        { nginx: { certificate: { certificate, key }, seen: "127.0.0.1:9" } },
        { sites: [{ domain: long, backend: "https://[::1]:8123/app/" }, ...plain.sites] },
      ]) {
        await site.use({ ...plain, ...more });
        assert.deepEqual(await auditSettings(await site.nginx.dump(), site.dir, { cutsItself: true }), []);
        assert.doesNotMatch(await site.nginx.errorLog(), /\[(warn|emerg)\]/);
      }
    });

    test("what nginx 1.18 is given does the same, but for the handshake of unknown names, which only ends without an answer", async () => {
      await site.use({ ...plain, version: "nginx/1.18.0" });
      assert.deepEqual(await auditSettings(await site.nginx.dump(), site.dir, { cutsItself: true }), []);
      assert.equal((await visit(site, { identity: phone })).status, 200);
      assert.equal((await visit(site)).status, 400);
      const asking = { servername: "www.example.com", head: "GET / HTTP/1.1\r\nHost: www.example.com" };
      const stranger = await ask(deviceOf(site, phone), asking);
      assert.deepEqual([stranger.status, stranger.body], [0, ""]);
    });

    test("behind a proxy that speaks the PROXY protocol, the backend hears where the device is; from elsewhere nobody is believed", async () => {
      for (const [trusted, heardFrom] of [
        ["127.0.0.1", "203.0.113.9"],
        ["192.0.2.1", "127.0.0.1"],
      ] as const) {
        await site.use({ ...plain, nginx: { proxyProtocol: [trusted] } });
        assert.deepEqual(await auditSettings(await site.nginx.dump(), site.dir, { cutsItself: true }), []);
        assert.match(await visitThroughProxy(site, phone, "203.0.113.9"), /^HTTP\/1\.1 200 /);
        assert.equal(home.requests.at(-1)?.headers["x-forwarded-for"], heardFrom);
      }
    });
  });
}

const HEAD = "GET / HTTP/1.1\r\nHost: home.example.com";
const deviceOf = ({ httpsPort, root }: TestSite, { certificate, key }: Identity) => ({
  port: httpsPort,
  ca: root,
  identity: { certificate, key },
});

/** What a proxy does that passes TLS on: its line first, then the device's own bytes. */
function visitThroughProxy(site: TestSite, { certificate, key }: Identity, from: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectPlainly(site.httpsPort, "127.0.0.1", () => {
      socket.write(`PROXY TCP4 ${from} 127.0.0.1 5000 443\r\n`);
      const inside = connectTls({ socket, ca: site.root, cert: certificate, key, servername: "home.example.com" });
      let text = "";
      inside.on("secureConnect", () => inside.write(`${HEAD}\r\nConnection: close\r\n\r\n`));
      inside.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      inside.on("error", reject);
      inside.on("close", () => resolve(text));
    });
    socket.on("error", reject);
  });
}
