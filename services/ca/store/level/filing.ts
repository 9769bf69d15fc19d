import type { StoredCertificate } from "./certificate-value.js";
import { nameOf } from "./find-certificate.js";
import type { Reads, Transaction } from "./group-commit.js";
import { type Filing, type Key, key } from "./key.js";

/**
 * A certificate stands in the list of its authority, of its name and of its owner, and in each of them under its filing, so that who asks
 * for one standing reads nothing else. Time passes without a write: what has ended stays filed as valid until `sweepExpired`
 * comes by, and whoever lists looks at notAfter besides.
 */
export function file(transaction: Transaction, certificate: StoredCertificate, filing: Filing): void {
  for (const place of places(certificate, filing)) transaction.put(place, nameOf(certificate.record));
}

export function refile(transaction: Transaction, certificate: StoredCertificate, from: Filing, to: Filing): void {
  if (from === to) return;
  for (const place of places(certificate, from)) transaction.delete(place);
  file(transaction, certificate, to);
}

/** How the certificate is filed now. */
export function filingOf(reads: Reads, { record, sequence }: StoredCertificate): Filing {
  if (record.status !== "valid") return record.status;
  return reads.get(key.ending(record.authority, "expired", record.notAfter, sequence)) === undefined ? "valid" : "expired";
}

export function places({ record, sequence }: StoredCertificate, filing: Filing): Key[] {
  return [
    key.issued("authority", record.authority, filing, sequence),
    key.issued("name", record.deviceName, filing, sequence),
    ...(record.owner === "" ? [] : [key.issued("owner", record.owner, filing, sequence)]),
    key.ending(record.authority, filing, record.notAfter, sequence),
  ];
}
