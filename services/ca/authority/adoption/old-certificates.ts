import { createHash, type X509Certificate } from "node:crypto";
import { parseSerialNumber } from "../serial-number.js";
import type { Der, SerialNumber, Standing } from "../types.js";
import type { Adoptable } from "./adoptable.js";
import type { IndexEntry } from "./certificate-index.js";
import type { OldCrl } from "./old-crl.js";

/** What is known of a serial number that an adopted CA has given. */
export interface OldCertificate {
  readonly serialNumber: SerialNumber;
  /** The common names of all that have it; none where no more is known than the number. */
  readonly commonNames: readonly string[];
  readonly notBefore: Date | undefined;
  readonly notAfter: Date | undefined;
  readonly keyAlgorithm: string;
  /** SHA-256 of the SubjectPublicKeyInfo, lower-case hex; empty if not known. */
  readonly publicKeyHash: string;
  /** Empty if not known. */
  readonly der: Der;
  readonly standing: Standing;
}

/** What was found, and what was passed over. */
export interface OldCertificates {
  readonly certificates: readonly OldCertificate[];
  /** Serial numbers that several certificates share, with their names: revoking one revokes all. */
  readonly shared: readonly { readonly serialNumber: SerialNumber; readonly names: readonly string[] }[];
  /** Certificates of other CAs, of CAs below this one, of servers alone, and with a serial number that no CRL can name. */
  readonly passedOver: { readonly foreign: number; readonly cas: number; readonly servers: number; readonly unusable: number };
}

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const NOTHING = new Uint8Array() as Der;

/** Brings together what the certificates' files, the list and the CRL say. Revoked is what any of them calls so. */
export function gatherCertificates(
  ca: Adoptable,
  files: readonly X509Certificate[],
  index: { readonly entries: readonly IndexEntry[]; readonly unusable: number },
  crl: OldCrl | undefined,
): OldCertificates {
  const passedOver = { foreign: 0, cas: 0, servers: 0, unusable: index.unusable };
  const found = new Map<SerialNumber, X509Certificate[]>();
  for (const x509 of files) {
    const serialNumber = serialOf(x509);
    if (x509.raw.equals(ca.x509.raw)) continue;
    if (!x509.verify(ca.x509.publicKey)) passedOver.foreign += 1;
    else if (x509.ca) passedOver.cas += 1;
    else if (x509.keyUsage !== undefined && !x509.keyUsage.includes(CLIENT_AUTH)) passedOver.servers += 1;
    else if (serialNumber === undefined) passedOver.unusable += 1;
    else {
      const others = found.get(serialNumber) ?? [];
      if (!others.some((other) => other.raw.equals(x509.raw))) found.set(serialNumber, [...others, x509]);
    }
  }
  const listed = new Map<SerialNumber, IndexEntry[]>();
  for (const entry of index.entries) listed.set(entry.serialNumber, [...(listed.get(entry.serialNumber) ?? []), entry]);
  const revoked = new Map((crl?.entries ?? []).map((entry) => [entry.serialNumber, entry]));

  const certificates = [...new Set([...found.keys(), ...listed.keys(), ...revoked.keys()])].map((serialNumber): OldCertificate => {
    const own = found.get(serialNumber) ?? [];
    const lines = listed.get(serialNumber) ?? [];
    // The one that lives longest: until then the number has to stay on the CRL.
    const last = own.toSorted((a, b) => Date.parse(b.validTo) - Date.parse(a.validTo))[0];
    const names = [...own.map(({ subject }) => /(?:^|\n)CN=(.*)/.exec(subject)?.[1] ?? ""), ...lines.map(({ commonName }) => commonName)];
    const ends = [...own.map(({ validTo }) => Date.parse(validTo)), ...lines.map(({ notAfter }) => notAfter.getTime())];
    return {
      serialNumber,
      commonNames: [...new Set(names.filter((name) => name !== ""))],
      notBefore: last === undefined ? undefined : new Date(last.validFrom),
      notAfter: ends.length === 0 ? undefined : new Date(Math.max(...ends)),
      keyAlgorithm: last === undefined ? "" : keyAlgorithmOf(last),
      publicKeyHash:
        last === undefined
          ? ""
          : createHash("sha256")
              .update(last.publicKey.export({ type: "spki", format: "der" }))
              .digest("hex"),
      der: last === undefined ? NOTHING : (new Uint8Array(last.raw) as Der),
      standing: standingOf(revoked.get(serialNumber), lines),
    };
  });
  const shared = certificates
    .filter(({ serialNumber, commonNames }) => (found.get(serialNumber) ?? []).length > 1 || commonNames.length > 1)
    .map(({ serialNumber, commonNames }) => ({ serialNumber, names: commonNames }));
  return { certificates, shared, passedOver };
}

function standingOf(entry: OldCrl["entries"][number] | undefined, lines: readonly IndexEntry[]): Standing {
  const line = lines.find(({ revoked }) => revoked !== undefined)?.revoked;
  const [revokedAt, reason] = entry === undefined ? [line?.at, line?.reason] : [entry.revokedAt, entry.reason];
  if (revokedAt === undefined || reason === undefined) return { status: "valid" };
  return reason === "certificateHold" ? { status: "held", revokedAt } : { status: "revoked", revokedAt, reason };
}

function serialOf({ serialNumber }: X509Certificate): SerialNumber | undefined {
  try {
    return parseSerialNumber(serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`);
  } catch {
    return undefined;
  }
}

function keyAlgorithmOf({ publicKey }: X509Certificate): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `RSA ${modulusLength}`;
  const curve = { prime256v1: "P-256", secp384r1: "P-384" }[namedCurve ?? ""] ?? namedCurve;
  return curve === undefined ? (publicKey.asymmetricKeyType ?? "") : `EC ${curve}`;
}
