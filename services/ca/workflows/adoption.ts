import { type KeyObject, randomUUID, X509Certificate } from "node:crypto";
import { join } from "node:path";
import { type Adoptable, comparableSubject, readAdoptable, refusal } from "../authority/adoption/adoptable.js";
import { readIndex } from "../authority/adoption/certificate-index.js";
import { gatherCertificates, type OldCertificate, type OldCertificates } from "../authority/adoption/old-certificates.js";
import { type OldCrl, readOldCrl } from "../authority/adoption/old-crl.js";
import { weaknessesOf } from "../authority/adoption/weaknesses.js";
import { readAuthority } from "../authority/authority.js";
import { readCertificate } from "../authority/certificate.js";
import { CrlEntries, createCrlSigner } from "../authority/crl.js";
import { MAX_COMMON_NAME_CHARACTERS, parseDeviceName } from "../authority/device-name.js";
import { LatchkeyError } from "../authority/error.js";
import { createIssuer } from "../authority/issue.js";
import { revoke } from "../authority/revoke.js";
import { ADOPTED_IDS, type AdoptedId, type CertificateRecord, type CrlNumber, type Der, type DeviceName } from "../authority/types.js";
import type { KeyEncryption } from "../keys/encrypted-key.js";
import { writeKeyFile } from "../keys/file.js";
import { createKeySigner } from "../keys/key-signer.js";
import type { Store } from "../store/store.js";
import { type AdoptedCertificate, pem, readDocument, der as readPem, writeDocument } from "./authorities-document.js";
import type { Context } from "./context.js";

/** A CA that was there before Latchkey, as its owner has it. */
export interface OldCa {
  readonly certificate: Der;
  readonly privateKey: KeyObject;
  readonly isKeyInTheClear: boolean;
  /** Certificates of its devices, as far as they are there; others among them are passed over. */
  readonly certificates: readonly X509Certificate[];
  /** The text of `index.txt`. */
  readonly index: string | undefined;
  readonly crl: Der | undefined;
  /** The next number of a CRL, as the file `crlnumber` has it. */
  readonly nextCrlNumber: CrlNumber | undefined;
}

export interface Adoption {
  readonly id: AdoptedId;
  /** How many serial numbers were taken over now; those that were there already are not among them. */
  readonly taken: number;
  readonly revoked: number;
  readonly known: number;
  readonly shared: OldCertificates["shared"];
  readonly passedOver: OldCertificates["passedOver"];
  /** What is weak about it, for its owner. */
  readonly weaknesses: readonly string[];
}

const DAY_MILLIS = 86_400_000;
const AT_A_TIME = 100;
const NOT_LISTED = "(not listed)";
/** RFC 5280 §5.2.3: 20 octets; and room for a CRL a second, for ever. */
const GREATEST_CRL_NUMBER = 2n ** 159n - 2n ** 64n;

/**
 * Takes a CA over: its devices go on being let in, can be revoked, and get their next certificates from `devices`. In this order: what can't be is
 * refused before anything is written; the key; a place for the CA that nobody trusts yet; every certificate and every revocation; and
 * only then is it trusted. Killed in between, the same call goes on; called again later, it takes in what has come to light since.
 * The CRLs are signed at the next start. Throws CA_NOT_ADOPTABLE, CRL_INVALID, FIELD_INVALID.
 */
export async function adoptCa(
  { store, clock, log, authorities }: Pick<Context, "store" | "clock" | "log" | "authorities">,
  keys: { readonly folder: string; readonly encryption: KeyEncryption },
  old: OldCa,
): Promise<Adoption> {
  const at = clock.signingTime();
  const ca = readAdoptable(old.certificate, old.privateKey, at);
  await refuseUnusable(ca, old.privateKey, at);
  const crl = old.crl === undefined ? undefined : readOldCrl(old.crl, ca.x509.publicKey);
  const index = old.index === undefined ? { entries: [], unusable: 0 } : readIndex(old.index, at);
  const gathered = gatherCertificates(ca, old.certificates, index, crl);
  const lastCrlNumber = lastNumber(crl, old.nextCrlNumber);

  const document = await readDocument(store);
  const adopted = document.adopted ?? [];
  const known = adopted.find(({ certificate }) => Buffer.from(readPem(certificate)).equals(ca.der));
  if (known?.revokedAt !== undefined)
    throw refusal(
      `it was adopted as ${known.id} and revoked on ${known.revokedAt.slice(0, 10)}, and that is final. Invite its devices anew`,
    );
  if (known === undefined)
    refuseAlike(ca, [authorities.get("devices").authority.certificate, ...adopted.map((one) => readPem(one.certificate))]);
  const id = known?.id ?? ADOPTED_IDS.find((one) => !adopted.some((other) => other.id === one));
  if (id === undefined) throw refusal(`there are ${ADOPTED_IDS.length} adopted CAs already, and nginx has to be told of each`);

  const keyFile = `${id}.key`;
  if (known === undefined) {
    await writeKeyFile(join(keys.folder, keyFile), old.privateKey, keys.encryption);
    const fresh: AdoptedCertificate = { id, certificate: pem(ca.der), keyFile, lastCrlNumber: "", isTrusted: false };
    await writeDocument(store, { ...document, adopted: [...adopted, fresh] }, audit("begun"));
  }
  const counts = await takeIn(store, id, ca, gathered, at);
  await writeDocument(
    store,
    { ...document, adopted: [...adopted.filter((one) => one.id !== id), trusted(known, id, ca, keyFile, lastCrlNumber)] },
    audit("trusted"),
  );
  log("authority.adopted", { authority: id, certificates: counts.taken, revoked: counts.revoked });
  const lifetimesDays = old.certificates.map(({ validFrom, validTo }) => (Date.parse(validTo) - Date.parse(validFrom)) / DAY_MILLIS);
  const weaknesses = weaknessesOf(ca, {
    isKeyInTheClear: old.isKeyInTheClear,
    hasCrl: crl !== undefined,
    lifetimesDays,
    isListed: old.index !== undefined,
  });
  return { id, ...counts, shared: gathered.shared, passedOver: gathered.passedOver, weaknesses };

  function audit(step: string): Parameters<typeof writeDocument>[2] {
    const fields = { authority: id ?? "", fingerprint: ca.x509.fingerprint256, step };
    return { time: at, event: "authority.adopted", actor: "system", fields };
  }
}

/** What the next start does with it is done now: it must not be then that it can't be. */
async function refuseUnusable({ der }: Adoptable, privateKey: KeyObject, at: Date): Promise<void> {
  try {
    const authority = readAuthority("adopted-1", der, der, createKeySigner(privateKey));
    createIssuer(authority);
    await createCrlSigner(authority).sign(new CrlEntries(), 1n, at, new Date(at.getTime() + DAY_MILLIS));
  } catch (cause) {
    if (cause instanceof LatchkeyError)
      throw refusal(`its certificate is one that Latchkey can't work with (${cause.message.replace(/\.$/, "")})`, cause);
    throw cause;
  }
}

function trusted(
  known: AdoptedCertificate | undefined,
  id: AdoptedId,
  ca: Adoptable,
  keyFile: string,
  lastCrlNumber: CrlNumber | undefined,
): AdoptedCertificate {
  const before = known === undefined || known.lastCrlNumber === "" ? undefined : BigInt(known.lastCrlNumber);
  const last = before !== undefined && (lastCrlNumber === undefined || before > lastCrlNumber) ? before : lastCrlNumber;
  return { id, certificate: pem(ca.der), keyFile, lastCrlNumber: last === undefined ? "" : String(last), isTrusted: true };
}

/** The greatest that was ever used. Throws CA_NOT_ADOPTABLE where there is no greater one. */
function lastNumber(crl: OldCrl | undefined, next: CrlNumber | undefined): CrlNumber | undefined {
  const last = [crl?.number, next]
    .filter((number) => number !== undefined)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .at(-1);
  if (last !== undefined && last > GREATEST_CRL_NUMBER)
    throw refusal(
      "its CRLs have come to the end of the numbers that there are (20 octets, RFC 5280 §5.2.3): the next one could not be newer",
    );
  return last;
}

/** nginx and OpenSSL look a CA up by its name: of two with one name, the devices of one would be refused. */
function refuseAlike(ca: Adoptable, others: readonly Der[]): void {
  for (const other of others) {
    const x509 = new X509Certificate(Buffer.from(other));
    if (Buffer.from(readCertificate(other).publicKey).equals(ca.certificate.publicKey))
      throw refusal("its key is that of a CA that is trusted already, by another certificate");
    if (comparableSubject(x509) === comparableSubject(ca.x509))
      throw refusal("a CA of the same name with another key is trusted already, and nginx and OpenSSL look a CA up by its name");
  }
}

/** Takes in what is not known yet; what is known and has been revoked elsewhere since is revoked. A hold of what is known stays what it is here. */
async function takeIn(
  store: Store,
  id: AdoptedId,
  ca: Adoptable,
  { certificates: all, shared }: OldCertificates,
  at: Date,
): Promise<Pick<Adoption, "taken" | "revoked" | "known">> {
  const counts = { taken: 0, revoked: 0, known: 0 };
  const ofSeveral = new Set(shared.map(({ serialNumber }) => serialNumber));
  const names = await deviceNames(store, all);
  const one = async (old: OldCertificate) => {
    const { serialNumber, standing } = old;
    const key = { authority: id, serialNumber };
    if (standing.status !== "valid") counts.revoked += 1;
    const present = await store.getCertificate(key);
    const entry = (record: CertificateRecord) => ({
      time: at,
      event: "certificate.adopted" as const,
      actor: "system",
      fields: { ...key, deviceName: record.deviceName, status: record.status },
    });
    if (present === undefined) {
      const name = names.get(serialNumber);
      // One device's, or nobody's in particular.
      const deviceId = name === undefined || ofSeveral.has(serialNumber) ? "" : randomUUID();
      const record = recordOf(id, ca, old, { deviceName: name ?? NOT_LISTED, deviceId }, at);
      const device = name === undefined || deviceId === "" ? undefined : { name, id: deviceId, owner: "", createdAt: at };
      await store.insertCertificate(record, device, entry(record));
      counts.taken += 1;
      return;
    }
    counts.known += 1;
    // A hold may have been ended here since, and no list says when it was made.
    if (standing.status !== "revoked" || present.status === "revoked") return;
    const { reason, revokedAt } = standing;
    const update = (record: CertificateRecord) => revoke(record, reason, revokedAt);
    await store.updateCertificates([key], update, ([changed = present]) => entry(changed));
  };
  for (let from = 0; from < all.length; from += AT_A_TIME) await Promise.all(all.slice(from, from + AT_A_TIME).map(one));
  return counts;
}

function recordOf(
  id: AdoptedId,
  ca: Adoptable,
  old: OldCertificate,
  { deviceName, deviceId }: Pick<CertificateRecord, "deviceName" | "deviceId">,
  at: Date,
): CertificateRecord {
  const { serialNumber, keyAlgorithm, publicKeyHash, der, standing } = old;
  return {
    authority: id,
    serialNumber,
    profile: "device",
    deviceName,
    deviceId,
    owner: "",
    operatorRole: "",
    serverNames: [],
    notBefore: old.notBefore ?? at,
    // Where its own end is not known, it stays on the CRL as long as its CA lives.
    notAfter: old.notAfter ?? ca.certificate.notAfter,
    issuedAt: old.notBefore ?? at,
    keyAlgorithm,
    publicKeyHash,
    requestId: "",
    der,
    ...standing,
  };
}

/** A name of its own for each: many old certificates bear one and the same. Those of which only the number is known get none. */
async function deviceNames(store: Store, all: readonly OldCertificate[]): Promise<ReadonlyMap<string, DeviceName>> {
  const named = all
    .filter(({ der, commonNames, notAfter }) => der.length > 0 || commonNames.length > 0 || notAfter !== undefined)
    .map(({ serialNumber, commonNames }) => ({ serialNumber, plain: cleaned(commonNames.join(" + ")) }));
  const uses = new Map<string, number>();
  for (const { plain } of named) uses.set(plain, (uses.get(plain) ?? 0) + 1);
  const names = new Map<string, DeviceName>();
  for (const { serialNumber, plain } of named) {
    const isTaken = plain === "" || uses.get(plain) !== 1 || (await store.getDevice(plain as DeviceName)) !== undefined;
    names.set(serialNumber, parseDeviceName(isTaken ? numbered(plain, serialNumber) : plain));
  }
  return names;
}

function numbered(plain: string, serialNumber: string): string {
  const suffix = ` (${serialNumber})`;
  return `${[...(plain === "" ? "certificate" : plain)]
    .slice(0, MAX_COMMON_NAME_CHARACTERS - suffix.length)
    .join("")
    .trim()}${suffix}`;
}

/** What can't stand in a device's name is left out. */
function cleaned(text: string): string {
  const visible = text
    .normalize("NFC")
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "")
    .trim();
  return [...visible].slice(0, MAX_COMMON_NAME_CHARACTERS).join("").trim();
}
