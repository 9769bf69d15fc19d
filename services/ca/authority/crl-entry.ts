import { parseExtensions } from "./certificate.js";
import { DerError } from "./der/error.js";
import { DerReader } from "./der/reader.js";
import { TAG } from "./der/tag.js";
import { enumerated, objectIdentifier, octetString, sequence, time, unsignedInteger } from "./der/writer.js";
import { OID } from "./object-identifiers.js";
import { serialNumberOctets, serialNumberOf } from "./serial-number.js";
import { type Der, REVOCATION_REASONS, type RevocationReason, type SerialNumber } from "./types.js";

/** One revocation as a CRL says it. */
export interface CrlEntry {
  readonly serialNumber: SerialNumber;
  readonly revokedAt: Date;
  readonly reason: RevocationReason;
}

const REASON_CODE = objectIdentifier(OID.reasonCode);
/** crlEntryExtensions with a reasonCode, of each reason. */
const REASON_EXTENSIONS = Object.fromEntries(
  Object.entries(REVOCATION_REASONS).map(([reason, code]) => [reason, sequence(sequence(REASON_CODE, octetString(enumerated(code))))]),
) as Record<RevocationReason, Der>;

/** SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL } (RFC 5280 §5.1.2.6). `unspecified` is left out (§5.3.1). */
export function encodeCrlEntry({ serialNumber, revokedAt, reason }: CrlEntry): Der {
  const serial = unsignedInteger(serialNumberOctets(serialNumber));
  const extensions = reason === "unspecified" ? [] : [REASON_EXTENSIONS[reason]];
  return sequence(serial, time(revokedAt), ...extensions);
}

/** What a delta CRL says of an entry that has left, released or expired (RFC 5280 §5.3.1); the date stays. */
export function encodeRemoval(entry: Der): Der {
  return encodeCrlEntry({ ...readCrlEntry(new DerReader(entry)), reason: "removeFromCRL" });
}

/** Reads the entry that comes next. Throws DerError, also for what belongs in delta and indirect CRLs only. */
export function readCrlEntry(from: DerReader): CrlEntry {
  const entry = from.inside(TAG.SEQUENCE);
  const serialNumber = serialNumberOf(entry.integer());
  if (serialNumber === undefined) throw new DerError("an entry whose serial number is not positive or too long");
  const revokedAt = entry.time();
  const reason = entry.atEnd ? "unspecified" : readReason(entry.inside(TAG.SEQUENCE));
  entry.end();
  return { serialNumber, revokedAt, reason };
}

function readReason(list: DerReader): RevocationReason {
  const extensions = parseExtensions(list);
  for (const [type, { critical }] of extensions) {
    if (critical && type !== OID.reasonCode) throw new DerError(`an entry with the critical extension ${type}`);
  }
  const code = extensions.get(OID.reasonCode);
  if (code === undefined) return "unspecified";
  const from = new DerReader(code.value);
  const { content } = from.element(TAG.ENUMERATED);
  from.end();
  const reason = content.length === 1 ? REASONS.get(content[0] ?? -1) : undefined;
  if (reason === undefined || reason === "removeFromCRL") throw new DerError("an entry with a reason that does not belong there");
  return reason;
}

const REASONS: ReadonlyMap<number, RevocationReason> = new Map(
  Object.entries(REVOCATION_REASONS).map(([reason, code]) => [code, reason as RevocationReason]),
);
