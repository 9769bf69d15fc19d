import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import test from "node:test";
import { readAuthority } from "../../../services/ca/authority/authority.js";
import { createIntermediateCertificate } from "../../../services/ca/authority/authority-certificate.js";
import { readCsr } from "../../../services/ca/authority/csr.js";
import { parseDeviceName } from "../../../services/ca/authority/device-name.js";
import { createIssuer, issue, type Prepared } from "../../../services/ca/authority/issue.js";
import { permittedNames } from "../../../services/ca/authority/name-constraints.js";
import { checkRequest, validity } from "../../../services/ca/authority/profile.js";
import type { Der } from "../../../services/ca/authority/types.js";
import { createDevices, createOperators, createServers, LIFETIMES, makeCsr, NOW, newSerialNumber } from "./world.js";

const DEVICE_ID = "7f7a3a2e-5a0e-4c5e-9d3b-0d9d2c1b6a11";

test("a key and a certificate that don't belong together are no authority", async () => {
  const [one, other] = [(await createDevices()).authority, (await createDevices()).authority];
  assert.throws(() => readAuthority("devices", one.certificate, one.anchor, other.signer), { code: "STORE_CORRUPT" });
  assert.throws(() => readAuthority("devices", one.certificate, other.anchor, one.signer), { code: "STORE_CORRUPT" });
  assert.throws(() => readAuthority("devices", new Uint8Array(9) as Der, one.anchor, one.signer), { code: "STORE_CORRUPT" });
});

test("a leaf is no authority, though its key fits", async () => {
  const { authority } = await createDevices();
  const leaf = await certify(authority);
  assert.throws(() => readAuthority("devices", leaf, authority.anchor, { ...authority.signer, publicKey: spkiOfCertificate(leaf) }), {
    code: "STORE_CORRUPT",
    message: /not that of an authority/,
  });
});

test("each authority is for what it is for, and its name holds a key id and no family", async () => {
  const [devices, servers, operators] = [
    (await createDevices()).authority,
    (await createServers()).authority,
    (await createOperators()).authority,
  ];
  const usage = (der: Der) => new X509Certificate(der).keyUsage;
  assert.deepEqual(usage(devices.certificate), ["1.3.6.1.5.5.7.3.2"]);
  assert.deepEqual(usage(servers.anchor), ["1.3.6.1.5.5.7.3.1"]);
  assert.deepEqual(usage(servers.certificate), ["1.3.6.1.5.5.7.3.1"]);
  assert.deepEqual(usage(operators.certificate), ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"]);
  assert.match(new X509Certificate(devices.certificate).subject, /^CN=Latchkey devices [0-9a-f]{8}$/);
  assert.notEqual(
    new X509Certificate(devices.certificate).subject,
    new X509Certificate((await createDevices()).authority.certificate).subject,
  );
});

test("an intermediate does not outlive its root, and an expired root makes none", async () => {
  const { root, authority } = await createServers();
  const rootEnd = new Date(new X509Certificate(root.certificate).validTo);
  const make = (at: Date) =>
    createIntermediateCertificate(root, authority.signer.publicKey, permittedNames([], []), newSerialNumber(), at, 36_500);
  assert.deepEqual(new Date(new X509Certificate(await make(NOW)).validTo), rootEnd);
  await assert.rejects(make(rootEnd), { code: "AUTHORITY_EXPIRED" });
});

test("only what an issuer has prepared is signed, once, and by its own authority", async () => {
  const [{ authority }, { authority: other }] = [await createDevices(), await createDevices()];
  const prepared = await prepare(authority);
  await assert.rejects(issue({ ...prepared }, authority), { code: "INTERNAL" });
  await assert.rejects(issue(prepared, (await createOperators()).authority), { code: "INTERNAL" });
  // The same authority's next certificate: it would sign under the name of the one before.
  await assert.rejects(issue(prepared, other), { code: "INTERNAL" });
  await issue(prepared, authority);
  await assert.rejects(issue(prepared, authority), { code: "INTERNAL" });
});

test("a signature that does not verify never gets out", async () => {
  const { authority } = await createDevices();
  const faulty = {
    ...authority,
    signer: { ...authority.signer, sign: async (octets: Uint8Array) => (await authority.signer.sign(octets)).fill(1, 40) },
  };
  await assert.rejects(issue(await prepare(authority), faulty), { code: "INTERNAL", message: /does not verify/ });
});

test("an issuance that outlives its authority, or is another's, is not prepared", async () => {
  const { authority } = await createDevices();
  const request = await checkedRequest(authority);
  const times = validity("device", LIFETIMES, NOW, authority);
  const common = { request, serialNumber: newSerialNumber(), deviceId: DEVICE_ID };
  const tooLong = new Date(authority.notAfter.getTime() + 1000);
  assert.throws(() => createIssuer(authority).prepare({ ...common, ...times, notAfter: tooLong }), { code: "INTERNAL" });
  assert.throws(() => createIssuer(authority).prepare({ ...common, notBefore: times.notAfter, notAfter: times.notBefore }), {
    code: "INTERNAL",
  });
  const operators = (await createOperators()).authority;
  assert.throws(() => createIssuer(operators).prepare({ ...common, ...times }), { code: "INTERNAL" });
});

type Devices = Awaited<ReturnType<typeof createDevices>>["authority"];

async function checkedRequest(authority: Devices) {
  return checkRequest(
    { profile: "device", csr: await readCsr(makeCsr()), deviceName: parseDeviceName("Anna's phone"), serverNames: [] },
    authority,
  );
}

async function prepare(authority: Devices): Promise<Prepared> {
  const request = await checkedRequest(authority);
  return createIssuer(authority).prepare({
    request,
    serialNumber: newSerialNumber(),
    deviceId: DEVICE_ID,
    ...validity("device", LIFETIMES, NOW, authority),
  });
}

async function certify(authority: Devices): Promise<Der> {
  return issue(await prepare(authority), authority);
}

function spkiOfCertificate(der: Der): Der {
  return new Uint8Array(new X509Certificate(der).publicKey.export({ format: "der", type: "spki" })) as Der;
}
