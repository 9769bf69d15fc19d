import { LatchkeyError } from "../../authority/error.js";
import { statusOf } from "../../authority/revoke.js";
import { AUTHORITY_IDS, type CertificateRecord } from "../../authority/types.js";
import type { CertificateQuery, Page, PageRequest, TextMatch } from "../store.js";
import { decodeCertificate } from "./certificate-value.js";
import type { Database } from "./group-commit.js";
import { beginning, expiring, type Key, type Range, under } from "./key.js";

/** The index to walk for a query: the one that leaves least to look at. What it does not decide, `matches` does. */
interface Walk {
  readonly ranges: readonly Range[];
  /** Newest (or last) first. */
  readonly reverse: boolean;
  /** The certificates themselves, or an index whose values name them. */
  readonly direct: boolean;
}

/** `named`: the record that an index's value names. */
export async function list(
  database: Database,
  named: (value: Uint8Array) => CertificateRecord | undefined,
  query: CertificateQuery,
  { size, token }: PageRequest,
): Promise<Page<CertificateRecord>> {
  const walk = walkFor(query);
  const items: CertificateRecord[] = [];
  let at: Key | undefined;
  for (const range of resume(walk, token)) {
    for await (const [place, value] of database.iterator({ ...range, reverse: walk.reverse })) {
      const record = walk.direct ? decodeCertificate(value).record : named(value);
      if (record === undefined || !matches(record, query)) continue;
      if (items.length === size) return { items, nextToken: toPageToken(at) };
      items.push(record);
      at = place;
    }
  }
  return { items, nextToken: "" };
}

function walkFor(query: CertificateQuery): Walk {
  const { serialNumber, deviceName, owner, status, authority, notAfterBefore, notAfterAfter, at } = query;
  if (serialNumber !== undefined) {
    const authorities = authority === undefined ? AUTHORITY_IDS : [authority];
    return { ranges: authorities.map((id) => beginning("certificate", id, serialNumber.text)), reverse: false, direct: true };
  }
  if (deviceName !== undefined) return indexed(textRange("by-name", deviceName));
  if (owner !== undefined) return indexed(textRange("by-owner", owner));
  if (status === "held" || status === "revoked") return indexed(under("by-status", status));
  if (status === "expired") return indexed(expiring(undefined, earlier(at, notAfterBefore)));
  if (notAfterBefore !== undefined) return indexed(expiring(notAfterAfter, notAfterBefore));
  if (authority !== undefined) return indexed(under("by-authority", authority));
  return indexed(under("by-sequence"));
}

function indexed(range: Range): Walk {
  return { ranges: [range], reverse: true, direct: false };
}

function textRange(index: string, { text, match }: TextMatch): Range {
  return match === "exact" ? under(index, text) : beginning(index, text);
}

function earlier(a: Date, b: Date | undefined): Date {
  return b !== undefined && b < a ? b : a;
}

function matches(record: CertificateRecord, query: CertificateQuery): boolean {
  return (
    (query.authority === undefined || record.authority === query.authority) &&
    (query.status === undefined || statusOf(record, query.at) === query.status) &&
    textMatches(record.deviceName, query.deviceName) &&
    textMatches(record.owner, query.owner) &&
    textMatches(record.serialNumber, query.serialNumber) &&
    (query.operatorRole === undefined || record.operatorRole === query.operatorRole) &&
    (query.notAfterBefore === undefined || record.notAfter < query.notAfterBefore) &&
    (query.notAfterAfter === undefined || record.notAfter > query.notAfterAfter)
  );
}

function textMatches(text: string, wanted: TextMatch | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted.match === "exact" ? text === wanted.text : text.startsWith(wanted.text);
}

/** A page token is the key after which to go on. */
export function toPageToken(key: Key | undefined): string {
  return key === undefined ? "" : Buffer.from(key).toString("base64url");
}

/** The ranges that are left after a page token. Throws PAGE_TOKEN_INVALID for a token of another query. */
export function resume({ ranges, reverse }: Pick<Walk, "ranges" | "reverse">, token: string): Range[] {
  if (token === "") return [...ranges];
  const after = Buffer.from(token, "base64url");
  const at = ranges.findIndex(({ gte, lt }) => Buffer.compare(gte, after) <= 0 && Buffer.compare(after, lt) < 0);
  const range = ranges[at];
  if (range === undefined || after.toString("base64url") !== token) {
    throw new LatchkeyError("PAGE_TOKEN_INVALID", "This page token belongs to another query: begin with the first page.", {
      violations: [{ field: "page_token", description: "does not belong to this query" }],
    });
  }
  const left = reverse ? { gte: range.gte, lt: after } : { gte: Buffer.concat([after, Buffer.of(0)]), lt: range.lt };
  return [left, ...ranges.slice(at + 1)];
}
