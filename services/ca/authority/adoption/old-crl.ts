import { type KeyObject, verify } from "node:crypto";
import { parseExtensions } from "../certificate.js";
import type { CrlEntry } from "../crl-entry.js";
import { refuseMalformed } from "../der/error.js";
import { DerReader, readSequence } from "../der/reader.js";
import { contextConstructed, TAG } from "../der/tag.js";
import { LatchkeyError } from "../error.js";
import { OID } from "../object-identifiers.js";
import { serialNumberOf } from "../serial-number.js";
import { type CrlNumber, type Der, REVOCATION_REASONS, type RevocationReason } from "../types.js";

/** What a CRL says that was made before Latchkey. */
export interface OldCrl {
  readonly entries: readonly CrlEntry[];
  /** `openssl ca -gencrl` writes none unless it is told to. */
  readonly number: CrlNumber | undefined;
}

/** Digests by signature algorithm: of a list that is read once, SHA-1's, too. */
const DIGESTS: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.5": "sha1",
  [OID.sha256WithRsa]: "sha256",
  [OID.sha384WithRsa]: "sha384",
  [OID.sha512WithRsa]: "sha512",
  "1.2.840.10045.4.1": "sha1",
  [OID.ecdsaWithSha256]: "sha256",
  [OID.ecdsaWithSha384]: "sha384",
  [OID.ecdsaWithSha512]: "sha512",
};

/**
 * Reads the last CRL of a CA that is taken over, of version 1 or 2, with or without a number; it may have ended. Who is on it stays revoked.
 * Throws CRL_INVALID, also for one that the CA's key has not signed.
 */
export function readOldCrl(der: Der, key: KeyObject): OldCrl {
  return refuseMalformed("CRL_INVALID", "The CRL can't be read", () => {
    const list = readSequence(der);
    const signed = list.element(TAG.SEQUENCE).whole;
    const algorithm = list.element(TAG.SEQUENCE).whole;
    const signature = list.octetsOfBitString();
    list.end();
    const digest = DIGESTS[readSequence(algorithm).oid()];
    if (digest === undefined || !verify(digest, signed, key, signature))
      throw new LatchkeyError(
        "CRL_INVALID",
        "The CRL was not signed by this CA, or by an algorithm that is not known here: name the CA's own.",
      );
    return parseTbs(signed);
  });
}

/** TBSCertList (RFC 5280 §5.1.2), with all that is optional left out or not. */
function parseTbs(signed: Der): OldCrl {
  const from = readSequence(signed);
  from.optional(TAG.INTEGER);
  from.element(TAG.SEQUENCE);
  from.element(TAG.SEQUENCE);
  from.time();
  if (from.nextTag === TAG.UTC_TIME || from.nextTag === TAG.GENERALIZED_TIME) from.time();
  const revoked = from.optional(TAG.SEQUENCE);
  const wrapper = from.optional(contextConstructed(0));
  from.end();
  const extensions = wrapper === undefined ? undefined : parseExtensions(readSequence(wrapper.content));
  const number = extensions?.get(OID.crlNumber)?.value;
  return { entries: readEntries(revoked?.content ?? new Uint8Array()), number: number === undefined ? undefined : readNumber(number) };
}

function readNumber(value: Uint8Array): CrlNumber {
  return BigInt(`0x${Buffer.from(new DerReader(value).unsignedInteger()).toString("hex")}`);
}

function readEntries(content: Uint8Array): CrlEntry[] {
  const from = new DerReader(content);
  const entries: CrlEntry[] = [];
  while (!from.atEnd) {
    const entry = from.inside(TAG.SEQUENCE);
    const serialNumber = serialNumberOf(entry.integer());
    const revokedAt = entry.time();
    const code = entry.atEnd ? undefined : parseExtensions(entry.inside(TAG.SEQUENCE)).get(OID.reasonCode);
    const reason = code === undefined ? "unspecified" : reasonOf(new DerReader(code.value).element(TAG.ENUMERATED).content[0]);
    if (serialNumber === undefined)
      throw new LatchkeyError(
        "CRL_INVALID",
        "The CRL has a serial number that is not positive or has more than 20 octets: no CRL of Latchkey can say it.",
      );
    if (reason !== "removeFromCRL") entries.push({ serialNumber, revokedAt, reason });
  }
  return entries;
}

function reasonOf(code: number | undefined): RevocationReason {
  const [found] = Object.entries(REVOCATION_REASONS).find(([, number]) => number === code) ?? ["unspecified"];
  return found as RevocationReason;
}
