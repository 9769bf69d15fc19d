import type { CertificateRecord } from "../../authority/types.js";
import type { Reads, Transaction } from "./group-commit.js";
import { key } from "./key.js";
import { json, readJson } from "./value.js";

/** How many certificates there are, kept with every change: counting them would be O(all). */
export interface CertificateCounts {
  readonly issued: number;
  readonly revoked: number;
  readonly held: number;
}

export function readCounts(reads: Reads): CertificateCounts {
  const value = reads.get(key.counts);
  return value === undefined ? { issued: 0, revoked: 0, held: 0 } : readJson<CertificateCounts>(value);
}

export function countIssued(transaction: Transaction): void {
  const counts = readCounts(transaction);
  transaction.put(key.counts, json({ ...counts, issued: counts.issued + 1 }));
}

export function countStanding(transaction: Transaction, before: CertificateRecord["status"], after: CertificateRecord["status"]): void {
  const counts = readCounts(transaction);
  const change = (status: "held" | "revoked") => (before === status ? -1 : 0) + (after === status ? 1 : 0);
  transaction.put(key.counts, json({ ...counts, revoked: counts.revoked + change("revoked"), held: counts.held + change("held") }));
}
