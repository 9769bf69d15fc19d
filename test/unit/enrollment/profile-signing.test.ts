import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import test from "node:test";
import type { ProfileSigner } from "../../../clients/connect/profile-signer.js";
import { encodePem } from "../../../services/ca/authority/der/pem.js";
import { openProfileSigning } from "../../../services/enrollment/profile-signing.js";
import { issueOne } from "../../interop/issue-one.js";
import { openSignedProfile } from "../../support/signed-profile.js";
import { createServers, ecKey } from "../authority/world.js";

const PROFILE = Buffer.from('<?xml version="1.0"?><plist/>');
const YEAR_MILLIS = 365 * 24 * 3600_000;

/** A CA that answers, or does not, and how often it was asked. */
async function world() {
  const { authority } = await createServers();
  const log: string[] = [];
  const asked = { count: 0, isAway: false };
  const certify = async (): Promise<ProfileSigner> => {
    const keys = ecKey();
    const leaf = await issueOne(authority, { profile: "profile-signer", csr: { keys } });
    return {
      certificate: encodePem("CERTIFICATE", leaf) + encodePem("CERTIFICATE", authority.certificate),
      key: keys.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    };
  };
  const request = async () => {
    asked.count++;
    if (asked.isAway) throw new Error("the CA is away");
    return await certify();
  };
  const signerOf = async (signed: Uint8Array) =>
    (await openSignedProfile(Buffer.from(signed), encodePem("CERTIFICATE", authority.anchor))).signer.serialNumber;
  return {
    log,
    asked,
    certify,
    signerOf,
    open: (has: { own?: () => ProfileSigner; kept?: ProfileSigner } = {}) =>
      openProfileSigning({ own: has.own, kept: has.kept, request, log: (event) => void log.push(event) }),
  };
}

const serialOf = ({ certificate }: ProfileSigner) => new X509Certificate(certificate).serialNumber;

test("what the CA keeps for the service signs, and nothing is asked for", async () => {
  const { certify, open, asked, signerOf } = await world();
  const kept = await certify();
  const signing = await open({ kept });
  assert.equal(await signerOf(await signing.sign(PROFILE)), serialOf(kept));
  await signing.renewIfDue(new Date());
  assert.equal(asked.count, 0);
  const replaced = await certify();
  signing.adopt(replaced);
  assert.equal(await signerOf(await signing.sign(PROFILE)), serialOf(replaced));
});

test("at two thirds of its life another one signs; while the CA is away the old one goes on", async () => {
  const { open, asked, signerOf } = await world();
  const signing = await open();
  assert.equal(asked.count, 1);
  const first = await signerOf(await signing.sign(PROFILE));
  asked.isAway = true;
  await assert.rejects(signing.renewIfDue(new Date(Date.now() + YEAR_MILLIS)), /away/);
  assert.equal(await signerOf(await signing.sign(PROFILE)), first);
  asked.isAway = false;
  await signing.renewIfDue(new Date(Date.now() + YEAR_MILLIS));
  assert.notEqual(await signerOf(await signing.sign(PROFILE)), first);
  assert.equal(asked.count, 3);
});

test("without a certificate a profile goes out unsigned, the log says so, and the next ones ask again, once for all that come at once", async () => {
  const { open, asked, log, signerOf } = await world();
  asked.isAway = true;
  const signing = await open();
  assert.deepEqual(await signing.sign(PROFILE), PROFILE);
  assert.deepEqual(log, ["service.failed", "service.failed"]);
  asked.isAway = false;
  const signed = await Promise.all([signing.sign(PROFILE), signing.sign(PROFILE), signing.sign(PROFILE)]);
  assert.equal(new Set(await Promise.all(signed.map(signerOf))).size, 1);
  assert.equal(asked.count, 3);
});

test("a certificate of the user's own signs, is never renewed, and gives way to none that the CA keeps", async () => {
  const { certify, open, asked, signerOf } = await world();
  const own = await certify();
  const signing = await open({ own: () => own, kept: await certify() });
  signing.adopt(await certify());
  await signing.renewIfDue(new Date(Date.now() + YEAR_MILLIS));
  assert.equal(await signerOf(await signing.sign(PROFILE)), serialOf(own));
  assert.equal(asked.count, 0);
});
