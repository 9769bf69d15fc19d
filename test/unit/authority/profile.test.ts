import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import test from "node:test";
import type { Authority } from "../../../services/ca/authority/authority.js";
import { readCsr } from "../../../services/ca/authority/csr.js";
import { objectIdentifier, sequence, setOfOne, utf8String } from "../../../services/ca/authority/der/writer.js";
import { parseDeviceName } from "../../../services/ca/authority/device-name.js";
import { encodeName } from "../../../services/ca/authority/distinguished-name.js";
import type { ErrorCode } from "../../../services/ca/authority/error.js";
import { type CheckedRequest, checkRequest, validity, type Wish } from "../../../services/ca/authority/profile.js";
import type { Der } from "../../../services/ca/authority/types.js";
import {
  type CsrWish,
  createDevices,
  createOperators,
  createServers,
  ecKey,
  LIFETIMES,
  makeCsr,
  NOW,
  requestInfo,
  signCsr,
  spkiOf,
} from "./world.js";

const AUTHORITIES = {
  device: createDevices,
  server: createServers,
  operator: createOperators,
  "profile-signer": createServers,
  canary: createDevices,
};
const ANNA = parseDeviceName("Anna's phone");

interface Case extends Partial<Omit<Wish, "csr">> {
  readonly title: string;
  readonly csr?: CsrWish | Der;
}

async function check({ title: _title, csr = {}, ...wish }: Case): Promise<CheckedRequest> {
  const profile = wish.profile ?? "device";
  const { authority }: { authority: Authority } = await AUTHORITIES[profile]();
  const der = csr instanceof Uint8Array ? csr : makeCsr(csr);
  return checkRequest(
    { profile, deviceName: authority.id === "servers" ? undefined : ANNA, serverNames: [], ...wish, csr: await readCsr(der) },
    authority,
  );
}

function csrWithOrganization(): Der {
  const keys = ecKey();
  const organization = setOfOne(sequence(objectIdentifier("2.5.4.10"), utf8String("Bank Ltd")));
  return signCsr(requestInfo(sequence(organization), spkiOf(keys.publicKey), []), keys.privateKey);
}

const server = { profile: "server" } as const;
const signer = { profile: "profile-signer" } as const;
const GRANTED: readonly (Case & { expected: Partial<CheckedRequest> })[] = [
  { title: "a device with an empty subject", expected: { holder: ANNA } },
  { title: "a device whose subject repeats its name", csr: { commonName: "Anna's phone" }, expected: { holder: ANNA } },
  { title: "an Ed25519 key for a device", csr: { keys: generateKeyPairSync("ed25519") }, expected: { keyAlgorithm: "Ed25519" } },
  {
    title: "a server's names of CSR and wish together",
    ...server,
    csr: { dns: ["Home.Example.com"], addresses: ["192.168.1.2"] },
    serverNames: ["home.example.com", "nas.local"],
    expected: { serverNames: ["home.example.com", "192.168.1.2", "nas.local"], holder: "home.example.com" },
  },
  {
    title: "a server whose CN is among its names",
    ...server,
    csr: { commonName: "home.example.com", dns: ["home.example.com"] },
    expected: { holder: "home.example.com" },
  },
  {
    title: "a server's name that its operator may serve",
    ...server,
    csr: { dns: ["home.example.com"] },
    mayServe: ["Home.example.com"],
    expected: { holder: "home.example.com" },
  },
  {
    title: "an operator, whose serverNames are not certified",
    profile: "operator",
    operatorRole: "nginx",
    serverNames: ["home.example.com"],
    expected: { role: "nginx", serverNames: ["home.example.com"], certified: { dns: [], addresses: [] } },
  },
  {
    title: "the gRPC server, whose names are",
    profile: "operator",
    operatorRole: "server",
    serverNames: ["localhost", "::1"],
    expected: { certified: { dns: ["localhost"], addresses: ["::1"] } },
  },
  {
    title: "a profile signer, which certifies nobody's name, whatever its operator may serve",
    ...signer,
    mayServe: ["home.example.com"],
    expected: { holder: "Latchkey profile signing", role: undefined, serverNames: [], certified: { dns: [], addresses: [] } },
  },
];

for (const granted of GRANTED) {
  test(`granted: ${granted.title}`, async () => {
    const { expected, ...wish } = granted;
    const request = await check(wish);
    for (const [field, value] of Object.entries(expected)) assert.deepEqual(request[field as keyof CheckedRequest], value, field);
  });
}

const REFUSED: readonly (Case & { code: ErrorCode })[] = [
  { title: "a device's subject with another name", csr: { commonName: "Bob's phone" }, code: "SUBJECT_NOT_ALLOWED" },
  { title: "a device's subject with an organization", csr: csrWithOrganization(), code: "SUBJECT_NOT_ALLOWED" },
  {
    title: "a server's subject with an organization",
    ...server,
    csr: csrWithOrganization(),
    serverNames: ["home.example.com"],
    code: "SUBJECT_NOT_ALLOWED",
  },
  { title: "a device that asks for a DNS name", csr: { dns: ["home.example.com"] }, code: "NAME_NOT_ALLOWED" },
  { title: "a device that asks for a role", csr: { uris: ["urn:latchkey:role:admin"] }, code: "NAME_NOT_ALLOWED" },
  {
    title: "an operator that asks for a role by its CSR",
    profile: "operator",
    operatorRole: "viewer",
    csr: { uris: ["urn:latchkey:role:admin"] },
    code: "NAME_NOT_ALLOWED",
  },
  { title: "a device without a name", deviceName: undefined, code: "DEVICE_NAME_INVALID" },
  { title: "a device with a role", operatorRole: "admin", code: "FIELD_INVALID" },
  { title: "a device with server names", serverNames: ["home.example.com"], code: "FIELD_INVALID" },
  { title: "an operator without a role", profile: "operator", code: "FIELD_INVALID" },
  { title: "a server without a name", ...server, code: "NAME_NOT_ALLOWED" },
  { title: "a server's name of another site", ...server, serverNames: ["bank.example"], code: "NAME_NOT_ALLOWED" },
  { title: "a server's public address", ...server, serverNames: ["8.8.8.8"], code: "NAME_NOT_ALLOWED" },
  { title: "a server's IPv4-mapped address", ...server, serverNames: ["::ffff:192.168.1.2"], code: "NAME_NOT_ALLOWED" },
  {
    title: "a server's name that its operator may not serve",
    ...server,
    serverNames: ["other.example.com"],
    mayServe: ["home.example.com"],
    code: "NAME_NOT_ALLOWED",
  },
  { title: "an operator that may serve nothing", ...server, serverNames: ["home.example.com"], mayServe: [], code: "NAME_NOT_ALLOWED" },
  { title: "a server's name that is none", ...server, serverNames: ["not a name"], code: "NAME_NOT_ALLOWED" },
  { title: "a server's wildcard over a whole domain's parent", ...server, serverNames: ["*.com"], code: "NAME_NOT_ALLOWED" },
  { title: "a server's URI", ...server, csr: { dns: ["home.example.com"], uris: ["https://home.example.com"] }, code: "NAME_NOT_ALLOWED" },
  {
    title: "a server's CN that is not among its names",
    ...server,
    csr: { commonName: "bank.example", dns: ["home.example.com"] },
    code: "SUBJECT_NOT_ALLOWED",
  },
  {
    title: "a server's Ed25519 key, which browsers don't take",
    ...server,
    csr: { keys: generateKeyPairSync("ed25519"), dns: ["home.example.com"] },
    code: "KEY_TYPE_NOT_ALLOWED",
  },
  {
    title: "101 names",
    ...server,
    serverNames: Array.from({ length: 101 }, (_, index) => `n${index}.example.com`),
    code: "NAME_NOT_ALLOWED",
  },
  { title: "a profile signer that asks for a DNS name", ...signer, csr: { dns: ["home.example.com"] }, code: "NAME_NOT_ALLOWED" },
  { title: "a profile signer that asks for an address", ...signer, csr: { addresses: ["192.168.1.2"] }, code: "NAME_NOT_ALLOWED" },
  { title: "a profile signer that asks for a role", ...signer, csr: { uris: ["urn:latchkey:role:admin"] }, code: "NAME_NOT_ALLOWED" },
  { title: "a profile signer with server names", ...signer, serverNames: ["home.example.com"], code: "FIELD_INVALID" },
  { title: "a profile signer with a name", ...signer, deviceName: ANNA, code: "FIELD_INVALID" },
  { title: "a profile signer with a role", ...signer, operatorRole: "admin", code: "FIELD_INVALID" },
  {
    title: "a profile signer's subject with a host's name",
    ...signer,
    csr: { commonName: "home.example.com" },
    code: "SUBJECT_NOT_ALLOWED",
  },
  { title: "a profile signer's subject with an organization", ...signer, csr: csrWithOrganization(), code: "SUBJECT_NOT_ALLOWED" },
  {
    title: "a profile signer's Ed25519 key, which iPhones don't take",
    ...signer,
    csr: { keys: generateKeyPairSync("ed25519") },
    code: "KEY_TYPE_NOT_ALLOWED",
  },
];

for (const { code, ...wish } of REFUSED) {
  test(`refused: ${wish.title} (${code})`, async () => {
    await assert.rejects(check(wish), { name: "LatchkeyError", code });
  });
}

test("an authority issues by its own profile alone", async () => {
  const { authority } = await createDevices();
  const csr = await readCsr(makeCsr());
  for (const profile of ["server", "operator", "profile-signer"] as const) {
    assert.throws(() => checkRequest({ profile, csr, deviceName: ANNA, operatorRole: "admin", serverNames: [] }, authority), {
      code: "PROFILE_UNKNOWN",
    });
  }
});

test("a certificate is valid from five minutes ago, for its profile's days to the second", async () => {
  const { authority } = await createDevices();
  const at = new Date("2026-03-01T12:00:00.789Z");
  const { notBefore, notAfter } = validity("device", LIFETIMES, at, authority);
  assert.equal(notBefore.toISOString(), "2026-03-01T11:55:00.000Z");
  // Both ends belong to the period (§4.1.2.5): 825 days, not a second more.
  assert.equal(notAfter.getTime() + 1000 - notBefore.getTime(), 825 * 86_400_000);
});

test("a profile signer lives as long as a server", async () => {
  const { authority } = await createServers();
  const lifetimes = { device: 1, server: 200, operator: 1 };
  assert.deepEqual(validity("profile-signer", lifetimes, NOW, authority), validity("server", lifetimes, NOW, authority));
});

test("nothing outlives its authority, and an expired one certifies nothing", async () => {
  const { authority } = await createDevices("P-256", 100);
  assert.deepEqual(validity("device", LIFETIMES, NOW, authority).notAfter, authority.notAfter);
  assert.ok(validity("device", LIFETIMES, NOW, authority).notBefore >= authority.notBefore);
  assert.throws(() => validity("device", LIFETIMES, authority.notAfter, authority), { code: "AUTHORITY_EXPIRED" });
});

test("an empty name stands for nothing: encodeName writes an empty SEQUENCE", () => {
  assert.equal(Buffer.from(encodeName({})).toString("hex"), "3000");
});
