import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, createHmac, scryptSync, X509Certificate } from "node:crypto";
import { connect as connectTcp } from "node:net";
import { after, before, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { call, connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { requestServerCertificate } from "../../clients/connect/server-certificate.js";
import { ListCertificatesRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { GetInvitationRequest, RedeemInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { OPENAPI } from "../../services/enrollment/openapi.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { inFiles } from "../support/own-certificate.js";
import { createTestRequest } from "../support/request.js";
import { openSignedProfile } from "../support/signed-profile.js";

let world: TestAuthority;
let house: TestEnrollment;
before(async () => {
  world = await startTestAuthority();
  house = await startTestEnrollment(world);
});
after(async () => {
  await house.stop();
  await world.stop();
});

interface Problem {
  readonly code: string;
  readonly status: number;
}

const certificatesOf = async (deviceName: string) => {
  const request = ListCertificatesRequest.create({ filter: `device_name = "${deviceName}"` });
  return (await call(world.connection.certificates, "listCertificates", request)).certificates;
};

/** What a device with a key of its own computes, written down from the documentation alone. */
function proofOf(passphrase: string, invitationName: string, publicKey: Uint8Array): string {
  const key = scryptSync(passphrase, invitationName.replace("invitations/", ""), 32, { N: 16_384, r: 8, p: 1 });
  return createHmac("sha256", key).update(createHash("sha256").update(publicKey).digest()).digest("base64");
}

test("a token becomes a bundle that opens with the passphrase, once", async () => {
  const { token, passphrase } = await house.invite("Anna's phone");
  const answer = await house.enroll({ token });
  assert.equal(answer.status, 201);
  assert.equal(answer.headers["content-type"], "application/x-pkcs12");
  assert.match(String(answer.headers["content-disposition"]), /^attachment; filename=/);
  const opened = execFileSync("openssl", ["pkcs12", "-legacy", "-passin", `pass:${passphrase}`, "-nodes", "-clcerts"], {
    input: answer.body,
    encoding: "utf8",
  });
  const certificate = new X509Certificate(opened.slice(opened.indexOf("-----BEGIN CERTIFICATE")));
  assert.match(certificate.subject, /CN=Anna's phone/);
  assert.equal(certificate.serialNumber.toLowerCase(), answer.headers["latchkey-serial-number"]);
  assert.throws(() =>
    execFileSync("openssl", ["pkcs12", "-legacy", "-passin", "pass:wrong", "-nodes"], {
      input: answer.body,
      stdio: ["pipe", "pipe", "ignore"],
    }),
  );
  const again = await house.enroll({ token });
  assert.deepEqual(
    [again.status, again.json<Problem>().code, again.headers["content-type"]],
    [410, "INVITATION_REDEEMED", "application/problem+json"],
  );
});

test("with Accept: application/json the bundle comes as JSON", async () => {
  const { token } = await house.invite("json");
  const answer = await house.enroll({ token, format: "pem" }, { Accept: "application/json" });
  const body = answer.json<{ serialNumber: string; deviceName: string; format: string; bundle: string; certificateChain: string }>();
  assert.equal(answer.status, 201);
  assert.deepEqual([body.deviceName, body.format], ["json", "pem"]);
  assert.match(Buffer.from(body.bundle, "base64").toString(), /BEGIN ENCRYPTED PRIVATE KEY/);
  assert.match(body.certificateChain, /^-----BEGIN CERTIFICATE/);
});

test("who has the wire gets nothing that opens: the passphrase is in no message", async () => {
  const { token, passphrase } = await house.invite("watched");
  const page = await house.ask(`/i/${token}`);
  const json = await house.enroll({ token }, { Accept: "application/json" });
  for (const part of [passphrase, passphrase.replaceAll("-", "")]) {
    assert.ok(!page.text.includes(part));
    assert.ok(!json.text.includes(part));
  }
});

test("two phones that race for one token: one bundle, one clear refusal", async () => {
  const { token } = await house.invite("raced");
  const answers = await Promise.all([house.enroll({ token }), house.enroll({ token }), house.enroll({ token })]);
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 410, 410]);
  assert.equal((await certificatesOf("raced")).length, 1);
});

test("the page consumes nothing, however often it is fetched", async () => {
  const { token, invitation } = await house.invite("curious");
  for (const method of ["GET", "HEAD", "GET"]) assert.equal((await house.ask(`/i/${token}`, { method })).status, 200);
  const after = await call(world.connection.invitations, "getInvitation", GetInvitationRequest.create({ name: invitation?.name ?? "" }));
  assert.equal(after.invitation?.state, "open");
});

test("a download that is over, and an upload that came too late, alarm nobody: they have a code of their own", async () => {
  await house.invite("too late");
  const over = `/d/${"A".repeat(22)}`;
  const page = await house.ask(over, { headers: { Accept: "text/html" } });
  assert.equal(page.status, 410);
  assert.match(page.text, /This download is over/);
  assert.doesNotMatch(page.text, /that was not you/);
  const upload = await house.ask("/api/v1/downloads", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket: "A".repeat(22), content: Buffer.from("<?xml").toString("base64") }),
  });
  for (const answer of [await house.ask(over, { headers: { Accept: "application/json" } }), upload])
    assert.deepEqual([answer.status, answer.json<Problem>().code], [410, "DOWNLOAD_OVER"]);
});

test("a profile that is handed over again replaces the one before: a ticket keeps one, and takes five", async () => {
  const { token, passphrase, invitation } = await house.invite("handed over twice");
  const { csr, publicKey } = await createTestRequest();
  const asked = { token, csr: Buffer.from(csr).toString("base64"), proof: proofOf(passphrase, invitation?.name ?? "", publicKey) };
  const { uploadTicket } = (await house.enroll(asked, { Accept: "application/json" })).json<{ uploadTicket: string }>();
  const upload = (profile: string) =>
    house.ask("/api/v1/downloads", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ticket: uploadTicket, content: Buffer.from(profile).toString("base64") }),
    });
  const paths: string[] = [];
  for (let round = 1; round <= 5; round++) paths.push((await upload(`<?xml ${round}`)).json<{ path: string }>().path);
  const fetched = await Promise.all(paths.map((path) => house.ask(`${path}?file=1`)));
  assert.deepEqual(
    fetched.map(({ status }) => status),
    [410, 410, 410, 410, 200],
  );
  assert.equal(fetched.at(-1)?.text, "<?xml 5");
  const sixth = await upload("<?xml 6");
  assert.deepEqual([sixth.status, sixth.json<Problem>().code], [410, "DOWNLOAD_OVER"]);
});

test("who enrols again with the same key has one ticket and one upload in all: the newer replaces the older", async () => {
  const { token, passphrase, invitation } = await house.invite("enrolled again");
  const { csr, publicKey } = await createTestRequest();
  const asked = { token, csr: Buffer.from(csr).toString("base64"), proof: proofOf(passphrase, invitation?.name ?? "", publicKey) };
  const ticketOf = async () => (await house.enroll(asked, { Accept: "application/json" })).json<{ uploadTicket: string }>().uploadTicket;
  const upload = (ticket: string) =>
    house.ask("/api/v1/downloads", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ticket, content: Buffer.from(`<?xml ${ticket}`).toString("base64") }),
    });
  const older = await ticketOf();
  const { path: first } = (await upload(older)).json<{ path: string }>();
  assert.equal((await house.ask(`${first}?file`)).status, 200);
  const newer = await ticketOf();
  assert.equal((await house.ask(`${first}?file`)).status, 200, "a ticket alone replaces nothing");
  assert.equal((await upload(older)).json<Problem>().code, "DOWNLOAD_OVER");
  const { path: second } = (await upload(newer)).json<{ path: string }>();
  assert.equal((await house.ask(`${first}?file`)).status, 410);
  assert.equal((await house.ask(`${second}?file`)).text, `<?xml ${newer}`);
});

test("the CA says how long ago an invitation was redeemed, whenever it answers with its certificate again", async (t) => {
  const { token, passphrase, invitation } = await house.invite("how long ago");
  const { csr, publicKey } = await createTestRequest();
  const proof = Buffer.from(proofOf(passphrase, invitation?.name ?? "", publicKey), "base64");
  const service = connect({ ...(await readCredential(world.ca.enrollmentFolder)), address: world.ca.grpc });
  t.after(() => service.close());
  const request = RedeemInvitationRequest.create({ token, csr: Buffer.from(csr), proof });
  const redeem = () => call(service.invitations, "redeemInvitation", request);
  assert.notEqual((await redeem()).sinceRedemption, undefined);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.ok(Number((await redeem()).sinceRedemption?.seconds) >= 1);
});

test("the page's form: POST, 303, and a download that works twice", async () => {
  const { token, passphrase } = await house.invite("by form");
  const page = await house.ask(`/i/${token}`, { headers: { "User-Agent": "Mozilla/5.0 (Linux; Android 14)" } });
  const [, formToken = ""] = /name="formToken" value="([^"]+)"/.exec(page.text) ?? [];
  const body = new URLSearchParams({ formToken, platform: "android", format: "pkcs12-compatible" }).toString();
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const posted = await house.ask(`/i/${token}`, { method: "POST", headers, body });
  assert.equal(posted.status, 303);
  const location = String(posted.headers.location);
  assert.match(location, /^\/d\/[A-Za-z0-9_-]{22}\?/);
  const [path] = location.split("?");
  const first = await house.ask(`${path}?file=1`);
  const second = await house.ask(`${path}?file=1`);
  assert.ok(first.body.equals(second.body));
  execFileSync("openssl", ["pkcs12", "-legacy", "-passin", `pass:${passphrase}`, "-nodes"], {
    input: first.body,
    stdio: ["pipe", "ignore", "ignore"],
  });
});

test("a form of another site is refused, and uses nothing up", async () => {
  const { token } = await house.invite("forged");
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const answer = await house.ask(`/i/${token}`, { method: "POST", headers, body: "formToken=guess&format=pem" });
  assert.equal(answer.status, 403);
  assert.equal(
    (await house.ask("/api/v1/enrollments", { method: "POST", headers: { "Content-Type": "text/plain" }, body: JSON.stringify({ token }) }))
      .status,
    415,
  );
  assert.deepEqual(await certificatesOf("forged"), []);
});

test("a device with a key of its own proves the passphrase, and gets its certificate without a key", async () => {
  const { token, passphrase, invitation } = await house.invite("own key");
  const { csr, publicKey } = await createTestRequest();
  const proof = proofOf(passphrase, invitation?.name ?? "", publicKey);
  const described = (await house.ask(`/i/${token}`, { headers: { Accept: "application/json" } })).json<{
    invitation: string;
    proof: { salt: string };
  }>();
  assert.equal(`invitations/${described.proof.salt}`, invitation?.name);
  const request = { token, csr: Buffer.from(csr).toString("base64"), proof };
  const answer = await house.enroll(request);
  assert.equal(answer.status, 201);
  assert.ok(!answer.text.includes("PRIVATE KEY"));
  assert.ok(Buffer.from(new X509Certificate(answer.text).publicKey.export({ type: "spki", format: "der" })).equals(Buffer.from(publicKey)));
  const retried = await house.enroll(request);
  assert.deepEqual([retried.status, retried.text], [201, answer.text]);
});

test("the token alone gets no certificate for a key of the thief's own", async () => {
  const { token } = await house.invite("stolen token");
  const { csr } = await createTestRequest();
  const answer = await house.enroll({ token, csr: Buffer.from(csr).toString("base64") });
  assert.deepEqual([answer.status, answer.json<Problem>().code], [403, "PROOF_WRONG"]);
  assert.deepEqual(await certificatesOf("stolen token"), []);
});

test("five wrong proofs end an invitation", async () => {
  const { token, passphrase, invitation } = await house.invite("guessed");
  const { csr, publicKey } = await createTestRequest();
  const wrong = { token, csr: Buffer.from(csr).toString("base64"), proof: Buffer.alloc(32).toString("base64") };
  const codes: string[] = [];
  for (let tries = 0; tries < 5; tries++) codes.push((await house.enroll(wrong)).json<Problem>().code);
  assert.deepEqual(codes, ["PROOF_WRONG", "PROOF_WRONG", "PROOF_WRONG", "PROOF_WRONG", "INVITATION_LOCKED"]);
  const right = await house.enroll({ ...wrong, proof: proofOf(passphrase, invitation?.name ?? "", publicKey) });
  assert.equal(right.json<Problem>().code, "INVITATION_LOCKED");
});

test("what is malformed or too large gets a problem with a code, and never a stack trace", async () => {
  const fresh = await startTestEnrollment(world);
  try {
    const { token } = await fresh.invite("untouched");
    const json = { "Content-Type": "application/json" };
    const asked: [string, Parameters<TestEnrollment["ask"]>[1], number][] = [
      ["/api/v1/enrollments", { method: "POST", headers: json, body: "{" }, 400],
      ["/api/v1/enrollments", { method: "POST", headers: json, body: JSON.stringify({ token, format: "docx" }) }, 400],
      ["/api/v1/enrollments", { method: "POST", headers: json, body: JSON.stringify({ token, csr: 7, proof: "" }) }, 400],
      ["/api/v1/enrollments", { method: "POST", headers: json, body: JSON.stringify({ token, csr: "x".repeat(200_000) }) }, 413],
      ["/api/v1/enrollments", { method: "POST", headers: json, body: JSON.stringify({ token: "nonsense" }) }, 404],
      ["/i/nonsense", { headers: { Accept: "application/json" } }, 404],
      ["/nothing/here", {}, 404],
      ["/i/%E0%A4%A", { headers: { Accept: "application/json" } }, 400],
      ["/api/v1/enrollments", { method: "POST", headers: { ...json, "Content-Encoding": "gzip" }, body: "no gzip" }, 400],
      ["/api/v1/enrollments", { method: "DELETE" }, 404],
    ];
    for (const [path, asking, status] of asked) {
      const answer = await fresh.ask(path, asking);
      assert.equal(answer.status, status, `${path} ${JSON.stringify(asking).slice(0, 80)} → ${answer.text.slice(0, 200)}`);
      assert.equal(answer.headers["content-type"], "application/problem+json");
      assert.ok(!/ at .*\.js:\d+/.test(answer.text));
    }
    const nowhere = await fresh.ask("/", { headers: { Accept: "text/html" } });
    assert.equal(nowhere.status, 404);
    assert.match(nowhere.text, /There is nothing at this address/);
    assert.doesNotMatch(nowhere.text, /could not do it|new invitation/);
    assert.match((await fresh.ask("/leave", { headers: { Accept: "text/html" } })).text, /Another kind of device:/);
    assert.equal((await fresh.enroll({ token })).status, 201);
  } finally {
    await fresh.stop();
  }
});

test("a profile is signed by a certificate made for it where the owner wants that, and holds what an unsigned one holds", async () => {
  const signing = await startTestEnrollment(world, { signProfiles: true });
  try {
    const { token } = await signing.invite("signed iPhone");
    const answer = await signing.enroll({ token, format: "mobileconfig" });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers["content-type"], "application/x-apple-aspen-config");
    const { content, signer } = await openSignedProfile(answer.body, signing.root);
    assert.match(content, /<key>PayloadType<\/key><string>Configuration<\/string>/);
    assert.deepEqual([signer.subject, signer.subjectAltName], ["O=Latchkey profile signing", undefined]);
    const [certificate] = await certificatesOf("Latchkey profile signing");
    assert.deepEqual(
      [certificate?.profile, certificate?.authority, certificate?.owner, certificate?.serialNumber],
      ["profile-signer", "servers", "enrollment", signer.serialNumber.toLowerCase()],
    );
    // What a guest has packed does not bear the house's name.
    const own = await signing.invite("packed in the page");
    const { csr, publicKey } = await createTestRequest();
    const proof = proofOf(own.passphrase, own.invitation?.name ?? "", publicKey);
    const asked = { token: own.token, csr: Buffer.from(csr).toString("base64"), proof };
    const { uploadTicket } = (await signing.enroll(asked, { Accept: "application/json" })).json<{ uploadTicket: string }>();
    const profile = Buffer.from('<?xml version="1.0"?><plist/>');
    const kept = await signing.ask("/api/v1/downloads", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ticket: uploadTicket, content: profile.toString("base64") }),
    });
    const fetched = await signing.ask(`${kept.json<{ path: string }>().path}?file=1`);
    assert.deepEqual(fetched.body, profile);
    const altered = Buffer.concat([answer.body.subarray(0, 900), Buffer.from("x"), answer.body.subarray(901)]);
    await assert.rejects(openSignedProfile(altered, signing.root));
  } finally {
    await signing.stop();
  }
});

test("where the page shows a certificate of the user's own, profiles are signed by that one, and none is made for it", async () => {
  const before = await certificatesOf("Latchkey profile signing");
  // Of whatever CA: here of the house's, so that the page can be asked by the same root.
  const tls = await requestServerCertificate(world.connection, ["localhost"]);
  const signing = await startTestEnrollment(world, { signProfiles: true, tls: await inFiles(world.folder, tls) });
  try {
    const { token } = await signing.invite("iPhone before any root");
    const answer = await signing.enroll({ token, format: "mobileconfig" });
    const { signer } = await openSignedProfile(answer.body, signing.root);
    assert.equal(signer.fingerprint256, new X509Certificate(tls.certificate).fingerprint256);
    assert.deepEqual(await certificatesOf("Latchkey profile signing"), before);
  } finally {
    await signing.stop();
  }
});

test("where nobody wants profiles signed, no certificate is made for it", async () => {
  const before = await certificatesOf("Latchkey profile signing");
  const unsigned = await startTestEnrollment(world);
  try {
    const { token } = await unsigned.invite("unsigned iPhone");
    assert.match((await unsigned.enroll({ token, format: "mobileconfig" })).text, /^<\?xml /);
    assert.deepEqual(await certificatesOf("Latchkey profile signing"), before);
  } finally {
    await unsigned.stop();
  }
});

test("a stranger gets no TLS handshake, and leaves an entry in the log", async () => {
  const closed = await startTestEnrollment(world, { lan: ["192.0.2.0/24"] });
  try {
    await assert.rejects(closed.ask("/healthz"), /ECONNRESET|socket disconnected|socket hang up/);
    assert.ok(closed.log.some((line) => line.includes('"enrollment.refused"') && line.includes("NOT_ON_LAN")));
  } finally {
    await closed.stop();
  }
});

test("a proxy that nobody has told of is refused, and so is a Host that is not ours", async () => {
  const forwarded = await house.ask("/healthz", { headers: { "X-Forwarded-For": "192.168.1.5" } });
  assert.deepEqual([forwarded.status, forwarded.json<Problem>().code], [403, "NOT_ON_LAN"]);
  const rebound = await house.ask("/healthz", { headers: { Host: "evil.example" } });
  assert.equal(rebound.status, 403);
});

test("behind a trusted proxy every hop must be on the LAN, and the Host one of ours", async () => {
  const proxied = await startTestEnrollment(world, { lan: ["192.168.0.0/16"], trustedProxies: ["127.0.0.1"] });
  try {
    const status = async (headers: Record<string, string>) => (await proxied.ask("/healthz", { headers })).status;
    assert.equal(await status({ "X-Forwarded-For": "192.168.1.5" }), 200);
    assert.equal(await status({ "X-Forwarded-For": "203.0.113.9" }), 403);
    assert.equal(await status({ "X-Forwarded-For": "192.168.1.5, 203.0.113.9" }), 403);
    assert.equal(await status({}), 403);
    assert.equal(await status({ "X-Forwarded-For": "192.168.1.5", Host: "evil.example" }), 421);
  } finally {
    await proxied.stop();
  }
});

test("a peer that opens connections without end gets no more than its share", async () => {
  const busy = await startTestEnrollment(world);
  const port = Number(busy.service.address.split(":").at(-1));
  const sockets = Array.from({ length: 60 }, () => connectTcp({ host: "127.0.0.1", port }).on("error", () => {}));
  try {
    const closed = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise<boolean>((resolve) => {
            socket.once("close", () => resolve(true));
            setTimeout(() => resolve(false), 1_000);
          }),
      ),
    );
    // Those who came first made room: they have said nothing, and the newest may.
    assert.deepEqual(closed, [...Array(28).fill(true), ...Array(32).fill(false)]);
    assert.equal((await busy.ask("/healthz")).status, 200);
    assert.ok(busy.log.some((line) => line.includes("TOO_MANY_REQUESTS")));
  } finally {
    for (const socket of sockets) socket.destroy();
    await busy.stop();
  }
});

test("TLS 1.2 and 1.3 with forward secrecy and authenticated encryption, and nothing older or weaker", async () => {
  const port = Number(house.service.address.split(":").at(-1));
  const shake = (options: object) =>
    new Promise<string>((resolve) => {
      const socket = connectTls({ host: "127.0.0.1", port, servername: "localhost", rejectUnauthorized: false, ...options }, () => {
        resolve(`${socket.getProtocol()} ${socket.getCipher().name}`);
        socket.destroy();
      });
      socket.once("error", () => resolve("refused"));
    });
  assert.match(await shake({}), /^TLSv1\.3 /);
  assert.match(await shake({ maxVersion: "TLSv1.2" }), /^TLSv1\.2 ECDHE-ECDSA-(AES|CHACHA20)/);
  for (const ciphers of ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256"]) {
    assert.equal(await shake({ maxVersion: "TLSv1.2", ciphers }), "refused", ciphers);
  }
  assert.equal(await shake({ minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }), "refused");
});

test("every answer keeps the browser strict", async () => {
  const { token } = await house.invite("strict");
  const { headers } = await house.ask(`/i/${token}`);
  assert.match(String(headers["content-security-policy"]), /default-src 'none'.*frame-ancestors 'none'/);
  assert.equal(headers["cache-control"], "no-store");
  assert.equal(headers["referrer-policy"], "no-referrer");
  assert.equal(headers["access-control-allow-origin"], undefined);
});

test("the root that phones install is published in DER and PEM", async () => {
  const der = await house.ask("/ca.crt");
  assert.equal(der.headers["content-type"], "application/x-x509-ca-cert");
  assert.equal(new X509Certificate(der.body).fingerprint256, new X509Certificate(house.root).fingerprint256);
  assert.equal((await house.ask("/ca.pem")).text, house.root);
});

test("the description names every path that is served, and each answers with a type that it names", async () => {
  const { token } = await house.invite("described");
  const served = (await house.ask("/openapi.json")).json<typeof OPENAPI>();
  assert.deepEqual(served, JSON.parse(JSON.stringify(OPENAPI)));
  for (const [path, item] of Object.entries(OPENAPI.paths)) {
    if (!("get" in item) || path.startsWith("/d/")) continue;
    const answer = await house.ask(path.replace("{token}", token));
    const [type = ""] = String(answer.headers["content-type"]).split(";");
    assert.equal(answer.status, 200, path);
    assert.ok(Object.keys(item.get.responses[200].content).includes(type), `${path} answers ${type}`);
  }
});

test("no token, passphrase or key is in any log line", async () => {
  const { token, passphrase } = await house.invite("silent");
  await house.ask(`/i/${token}`);
  await house.enroll({ token });
  await house.enroll({ token });
  const all = [...house.log, ...world.log].join("\n");
  for (const secret of [token, passphrase, "PRIVATE KEY"]) assert.ok(!all.includes(secret));
});
