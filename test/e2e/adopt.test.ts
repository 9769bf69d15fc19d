import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { call } from "../../clients/connect/connect.js";
import { ListCertificatesRequest, RenewCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { storeRevoked } from "../bench/world/fill.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { ask, type Device, openSocket } from "../support/device.js";
import { createDoor, type Door } from "../support/door.js";
import { startTestEnrollment } from "../support/enrollment.js";
import { freePorts, until } from "../support/nginx.js";
import { createArticleCa, createEasyRsa, createOpensslCa, type OldPhone } from "../support/old-ca.js";
import { issueDevice } from "../support/operator.js";
import { askDevices, JSON_TYPE, renewalOf } from "../support/renewal.js";
import { createTestRequest } from "../support/request.js";
import { subscriberOf } from "../support/revocation.js";

const LATCHKEY = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));
/** 20 octets. */
const LONG_CRL_NUMBER = "0FEDCBA98765432100112233445566778899AABB";

let authority: TestAuthority;
let door: Door;
let root = "";
const phones = new Map<string, OldPhone>();
let article: Awaited<ReturnType<typeof createArticleCa>>;

function latchkey(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const own = args[0] === "adopt" ? { LATCHKEY_DATA: authority.data } : { LATCHKEY_CREDENTIAL: authority.ca.operatorFolder };
  const env = { ...process.env, ...own };
  return new Promise((resolve) => {
    execFile(process.execPath, [LATCHKEY, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
    );
  });
}

/** As a device meets nginx: 200, or nginx's 400. */
async function statusOf(identity: Device["identity"]): Promise<number> {
  return (await ask({ port: door.port, ca: root, identity })).status;
}

const statusOfOld = (name: string) => statusOf(phones.get(name));

async function untilEnforced(): Promise<void> {
  await until(async () => {
    const { authorities } = await call(authority.connection.operations, "getStatus", {});
    const wanted = authorities.find(({ authority: id }) => id === "devices")?.crlNumber;
    return (await subscriberOf(authority.connection))?.enforcedCrlNumber === wanted;
  }, "the door does not enforce the newest CRL");
}

/** Takes CAs over as a person does, with the CA stopped, and waits until the door has them. */
async function adopt(...calls: readonly string[][]): Promise<string[]> {
  const outputs: string[] = [];
  await authority.restart(async () => {
    for (const args of calls) {
      const { code, stdout, stderr } = await latchkey("adopt", ...args);
      assert.equal(code, 0, stderr);
      outputs.push(stdout);
    }
  });
  await untilEnforced();
  return outputs;
}

before(async () => {
  const [port] = await freePorts(1);
  authority = await startTestAuthority({ domains: [], grpc: { listen: `127.0.0.1:${port}` } });
  door = await createDoor("nginx", authority);
  const folder = join(authority.folder, "old");
  article = await createArticleCa(join(folder, "article"));
  // Nobody has kept Carl's certificate; two have one serial number.
  for (const [name, serial] of [["anna"], ["ben"], ["dora", "1"], ["dirk", "1"], ["frida", "0xff01"]] as const)
    phones.set(name, await article.phone(name, serial));
  const carl = await article.phone("carl");
  const file = join(folder, "elsewhere", "carl.crt");
  await mkdir(join(folder, "elsewhere"), { recursive: true });
  await rename(carl.file, file);
  phones.set("carl", { ...carl, file });
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  root = anchors.find(({ authority: id }) => id === "servers")?.certificate ?? "";
  assert.equal((await door.once()).code, 0);
});

after(async () => {
  await door.stop();
  await authority.stop();
});

test("the article's CA is taken over: its phones are let in as before, and each can be revoked", async () => {
  // As it was before Latchkey.
  await door.configure({ verification: `ssl_client_certificate ${article.ca}; ssl_verify_client on;` });
  await door.nginx.start();
  assert.equal(await statusOfOld("anna"), 200);

  await door.configure();
  await door.startHook();
  const [said = ""] = await adopt(["--ca", article.ca, "--key", article.key, "--certificates", join(article.ca, "..", "phones")]);
  assert.match(said, /Adopted as adopted-1: 4 certificates taken over/);
  assert.match(said, /dora, dirk|dirk, dora/);
  for (const weakness of [
    /unencrypted/,
    /4096 bits/,
    /had no CRL/,
    /5 of its certificates live longer than 825 days/,
    /Nobody has kept a list/,
  ])
    assert.match(said, weakness);

  const fresh = await issueDevice(authority.connection, "new phone");
  for (const name of ["anna", "ben", "carl", "dora", "dirk"]) assert.equal(await statusOfOld(name), 200, name);
  assert.equal(await statusOf(fresh), 200);
  assert.equal(await statusOf(undefined), 400);

  const { certificates } = await call(
    authority.connection.certificates,
    "listCertificates",
    ListCertificatesRequest.create({ filter: 'authority = "adopted-1"' }),
  );
  assert.deepEqual(certificates.map(({ deviceName }) => deviceName).toSorted()[0], "anna");
  assert.equal(certificates.length, 4);

  // Anna's phone moves to a certificate of the new CA, and its old one is revoked.
  const anna = certificates.find(({ deviceName }) => deviceName === "anna");
  const { csr, keyPem } = await createTestRequest();
  const renewed = await call(
    authority.connection.certificates,
    "renewCertificate",
    RenewCertificateRequest.create({ name: anna?.name ?? "", csr: Buffer.from(csr) }),
  );
  assert.equal(renewed.certificate?.authority, "devices");
  const revoked = await latchkey("revoke", anna?.name.replace("authorities/", "").replace("certificates/", "") ?? "");
  assert.equal(revoked.code, 0, revoked.stdout + revoked.stderr);
  assert.match(revoked.stdout, /enforced by door/);
  assert.deepEqual([await statusOfOld("anna"), await statusOf({ certificate: renewed.certificate?.pem ?? "", key: keyPem })], [400, 200]);

  // By its name, all that a device has: from whichever CA.
  assert.equal((await latchkey("revoke", "anna")).code, 0);
  assert.equal(await statusOf({ certificate: renewed.certificate?.pem ?? "", key: keyPem }), 400);

  // Nobody had listed it.
  const byFile = await latchkey("revoke", "--file", phones.get("carl")?.file ?? "");
  assert.equal(byFile.code, 0, byFile.stdout + byFile.stderr);
  assert.equal(await statusOfOld("carl"), 400);
  const byNumber = await latchkey("revoke", "adopted-1/01");
  assert.equal(byNumber.code, 0, byNumber.stderr);
  assert.deepEqual(
    [await statusOfOld("dora"), await statusOfOld("dirk"), await statusOfOld("ben"), await statusOf(fresh)],
    [400, 400, 200, 200],
  );

  assert.match((await latchkey("show", "ben")).stdout, /adopted-1/);

  // Held and released: of the old CA's long list the hook gets what has changed.
  await authority.restart(() => storeRevoked(authority.data, 2_000, "adopted-1"));
  await untilEnforced();
  const received = door.log.filter((line) => line.includes('"crl.received"')).length;
  assert.equal((await latchkey("hold", "ben")).code, 0);
  assert.equal(await statusOfOld("ben"), 400);
  assert.equal((await latchkey("release", "ben")).code, 0);
  assert.equal(await statusOfOld("ben"), 200);
  const since = door.log.filter((line) => line.includes('"crl.received"')).slice(received);
  assert.ok(since.length >= 2);
  for (const { octets, cameOctets } of since.map((line) => JSON.parse(line) as { octets: number; cameOctets: number }))
    assert.ok(octets > 60_000 && cameOctets < 2_000, `${cameOctets} of ${octets} octets came`);
  assert.ok(!door.log.some((line) => line.includes("crl.change_unfit")));
});

test("a device with an old certificate renews itself at the devices' port, and gets one of the new CA", async () => {
  const house = await startTestEnrollment(authority, { devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
  try {
    const port = { port: Number(house.service.devices.split(":").at(-1)), root: house.root };
    const frida = phones.get("frida");
    assert.ok(frida);
    assert.equal((await askDevices(port, frida, "/")).json<{ deviceName: string }>().deviceName, "frida");
    const { json, keyPem } = await renewalOf({ key: frida.key, serialNumber: "ff01" }, true);
    const renewed = await askDevices(port, frida, "/api/v1/renewals", { method: "POST", headers: JSON_TYPE, body: json });
    assert.equal(renewed.status, 201, renewed.text);
    const certificate = renewed.json<{ certificateChain: string }>().certificateChain;
    await untilEnforced();
    assert.deepEqual([await statusOf({ certificate, key: keyPem }), await statusOfOld("frida")], [200, 400]);

    // One of several with one number speaks for nobody but itself: it would have all of them revoked.
    const dirk = phones.get("dirk");
    assert.ok(dirk);
    const wish = await renewalOf({ key: dirk.key, serialNumber: "01" }, true);
    const refused = await askDevices(port, dirk, "/api/v1/renewals", { method: "POST", headers: JSON_TYPE, body: wish.json });
    assert.deepEqual([refused.status, refused.json<{ code: string }>().code], [403, "DEVICE_NOT_FOUND"], refused.text);
  } finally {
    await house.stop();
  }
});

test("easy-rsa's and openssl ca's folders are taken over beside it: whoever was revoked stays so, and CRL numbers go on above the old ones", async () => {
  const folder = join(authority.folder, "old");
  const easy = await createEasyRsa(join(folder, "easy-rsa"), ["emil", "eva"], ["eva"]);
  const plain = await createOpensslCa(join(folder, "openssl-ca"), ["otto", "olga"], ["olga"], LONG_CRL_NUMBER);
  for (const [name, phone] of [...easy.phones, ...plain.phones]) phones.set(name, phone);
  const outputs = await adopt(["--pki", easy.pki], ["--pki", plain.pki, "--key-passphrase-file", join(plain.pki, "password")]);
  assert.match(outputs[0] ?? "", /Adopted as adopted-2: 2 certificates taken over; 1 of them revoked/);
  assert.match(outputs[1] ?? "", /Adopted as adopted-3: 2 certificates taken over; 1 of them revoked/);
  assert.doesNotMatch(outputs[1] ?? "", /unencrypted/);
  const names = ["emil", "eva", "otto", "olga", "ben", "anna"];
  assert.deepEqual(await Promise.all(names.map(statusOfOld)), [200, 400, 200, 400, 200, 400]);

  const crl = JSON.parse((await latchkey("crl", "adopted-3", "--json")).stdout) as { crlNumber: string };
  assert.ok(BigInt(crl.crlNumber) > BigInt(`0x${LONG_CRL_NUMBER}`));
  assert.equal((await readFile(join(door.dir, "devices-ca.pem"), "utf8")).match(/BEGIN CERTIFICATE/g)?.length, 4);
  assert.equal((await readFile(join(door.dir, "devices-crl.pem"), "utf8")).match(/BEGIN X509 CRL/g)?.length, 4);

  // Once more is the same as once; a fourth one has no place.
  const other = await createArticleCa(join(folder, "another"), "/CN=another");
  await authority.restart(async () => {
    const again = await latchkey("adopt", "--pki", easy.pki, "--json");
    assert.deepEqual(
      [again.code, JSON.parse(again.stdout).id, JSON.parse(again.stdout).taken, JSON.parse(again.stdout).known],
      [0, "adopted-2", 0, 2],
    );
    const fourth = await latchkey("adopt", "--ca", other.ca, "--key", other.key, "--json");
    assert.equal(fourth.code, 1);
    assert.match(fourth.stdout + fourth.stderr, /CA_NOT_ADOPTABLE/);
  });
  assert.equal((await latchkey("revoke", "otto")).code, 0);
  assert.deepEqual(await Promise.all(names.map(statusOfOld)), [200, 400, 400, 400, 200, 400]);
});

test("an old CA is revoked as a whole: whatever it has issued is refused, on record or not, and what is open is cut; nobody else is", async () => {
  // Made after the adoption by whoever has a copy of the key.
  const forged = await article.phone("forged");
  const fresh = await issueDevice(authority.connection, "another new phone");
  const answers = async () => await Promise.all([statusOf(forged), statusOfOld("ben"), statusOfOld("emil"), statusOf(fresh)]);
  assert.deepEqual(await answers(), [200, 200, 200, 200]);
  const opened = await openSocket({ port: door.port, ca: root, identity: forged });

  const unsure = await latchkey("revoke", "--authority", "adopted-1");
  assert.equal(unsure.code, 1);
  assert.match(unsure.stderr, /adopted-1 has 1 valid certificate on record.*--yes.*Nothing was changed/s);
  const both = await latchkey("revoke", "ben", "--authority", "adopted-1", "--yes");
  assert.equal(both.code, 2);
  for (const id of ["devices", "adopted-9"]) {
    const own = await latchkey("revoke", "--authority", id, "--yes");
    assert.equal(own.code, 1);
    assert.match(own.stderr, /Only a CA that was adopted can be revoked as a whole/);
  }
  const asHold = await latchkey("revoke", "--authority", "adopted-1", "--yes", "--reason", "certificateHold");
  assert.match(asHold.stderr, /certificateHold is a hold/);
  // What is refused leaves nothing behind, of a certificate that nobody had listed either.
  assert.match((await latchkey("revoke", "adopted-1/7f01", "--reason", "certificateHold")).stderr, /certificateHold is a hold/);
  assert.match((await latchkey("show", "7f01")).stderr, /No device, operator or serial number begins with "7f01"/);
  assert.deepEqual(await answers(), [200, 200, 200, 200]);

  const done = await latchkey("revoke", "--authority", "adopted-1", "--yes", "--reason", "cACompromise");
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /Revoked the CA adopted-1.*enforced by door/s);
  assert.deepEqual(await answers(), [400, 400, 200, 200]);
  await until(() => !opened.isOpen, "a connection of the old CA's is still open");
  assert.match((await latchkey("show", "ben")).stdout, /revoked.*cACompromise/s);
  assert.equal((await readFile(join(door.dir, "devices-ca.pem"), "utf8")).match(/BEGIN CERTIFICATE/g)?.length, 3);
  assert.doesNotMatch((await latchkey("status")).stdout, /adopted-1/);

  // One number of two CAs means neither of them until it is said which.
  assert.equal((await latchkey("revoke", "adopted-2/01")).code, 0);
  const ambiguous = await latchkey("hold", "01");
  assert.equal(ambiguous.code, 1);
  assert.match(ambiguous.stderr, /adopted-1\/01 .*adopted-2\/01|adopted-2\/01 .*adopted-1\/01/s);

  // For good: over a restart, and whoever adopts it again. Twice is the same as once.
  await authority.restart(async () => {
    const again = await latchkey("adopt", "--ca", article.ca, "--key", article.key);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /adopted-1 and revoked on .* final/s);
  });
  await untilEnforced();
  assert.deepEqual(await answers(), [400, 400, 200, 200]);
  assert.equal((await latchkey("revoke", "--authority", "adopted-1", "--yes")).code, 0);
  assert.deepEqual(await answers(), [400, 400, 200, 200]);
});
