import { LatchkeyError } from "../authority/error.js";
import { AUTHORITY_IDS, PROFILE_IDS } from "../authority/types.js";
import type { CertificateQuery, TextMatch } from "../store/store.js";

const STATUSES = ["valid", "held", "revoked", "expired"] as const;
const TERM = /^\s*([a-z_]+)\s*(=|<|>)\s*(?:"((?:[^"\\]|\\["\\*])*)"|([^\s"()]+))\s*(?:AND\b|$)/;

/**
 * Reads the filter of ListCertificates: terms joined by AND (the part of AIP-160 that the store can serve in O(page)).
 * Throws FILTER_INVALID.
 */
export function parseFilter(filter: string, at: Date): CertificateQuery {
  let query: CertificateQuery = { at };
  const seen = new Set<string>();
  let rest = filter.trim();
  while (rest !== "") {
    const match = TERM.exec(rest);
    if (match === null)
      throw invalid(`can't be read from "${rest.slice(0, 40)}" on: write e.g. status = "valid" AND authority = "devices"`);
    const [whole, field = "", operator = "", quoted, bare] = match;
    const value = quoted ?? bare ?? "";
    if (seen.has(field + operator)) throw invalid(`names ${field} twice`);
    seen.add(field + operator);
    query = { ...query, ...term(field, operator, value) };
    rest = rest.slice(whole.length).trim();
    if (rest === "" && /AND\s*$/.test(whole)) throw invalid("ends with AND");
  }
  return query;
}

function term(field: string, operator: string, value: string): Partial<CertificateQuery> {
  if (field === "not_after") return window(operator, value);
  if (operator !== "=") throw invalid(`compares ${field} with ${operator}: only = is possible`);
  switch (field) {
    case "status":
      return { status: oneOf(STATUSES, field, value) };
    case "authority":
      return { authority: oneOf(AUTHORITY_IDS, field, value) };
    case "device_name":
      return { deviceName: text(value) };
    case "owner":
      return { owner: text(value) };
    case "serial_number":
      return { serialNumber: text(value.toLowerCase()) };
    case "operator_role":
      return { operatorRole: value };
    case "profile":
      return { profile: oneOf(PROFILE_IDS, field, value) };
    default:
      throw invalid(`knows no field ${field}: status, authority, device_name, owner, serial_number, operator_role, profile, not_after`);
  }
}

function window(operator: string, value: string): Partial<CertificateQuery> {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw invalid(`compares not_after with "${value}", which is no time (RFC 3339)`);
  if (operator === "<") return { notAfterBefore: time };
  if (operator === ">") return { notAfterAfter: time };
  throw invalid("compares not_after with =: only < and > are possible");
}

/** A star at the end means a prefix, unless it is escaped. */
function text(value: string): TextMatch {
  const isPrefix = /(^|[^\\])(\\\\)*\*$/.test(value);
  const escaped = isPrefix ? value.slice(0, -1) : value;
  return { text: escaped.replaceAll(/\\(["\\*])/g, "$1"), match: isPrefix ? "prefix" : "exact" };
}

function oneOf<T extends string>(known: readonly T[], field: string, value: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw invalid(`wants ${field} = "${value}": it can be ${known.join(", ")}`);
  return found;
}

function invalid(problem: string): LatchkeyError {
  return new LatchkeyError("FILTER_INVALID", `The filter ${problem}.`, { violations: [{ field: "filter", description: problem }] });
}
