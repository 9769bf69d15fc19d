import { statusOf } from "../../authority/revoke.js";
import { AUTHORITY_IDS, type AuthorityId, type CertificateRecord } from "../../authority/types.js";
import type { CertificateQuery, Page, PageRequest, TextMatch } from "../store.js";
import { decodeCertificate } from "./certificate-value.js";
import { findNamed } from "./find-certificate.js";
import type { Database } from "./group-commit.js";
import { beginning, ending, FILINGS, type Filing, type List, lastPart, under } from "./key.js";
import { atOneMoment, type Entry, type Moment } from "./moment.js";
import { readPage, type Walk } from "./walk.js";

/** A page of certificates. Reads as many records as it answers, beside those that the lists can't tell apart. */
export async function listCertificates(database: Database, query: CertificateQuery, page: PageRequest): Promise<Page<CertificateRecord>> {
  return await atOneMoment(database, async (moment) => {
    const walk = walkFor(query);
    const record = walk.of === "records" ? recordIn : recordNamed(moment);
    const read = (entry: Entry) => {
      const found = record(entry);
      return found !== undefined && matches(found, query) ? found : undefined;
    };
    return await readPage(moment, walk, page, read, await strays(moment, walk, query));
  });
}

function recordIn([, value]: Entry): CertificateRecord {
  return decodeCertificate(value).record;
}

function recordNamed(moment: Moment): (entry: Entry) => CertificateRecord | undefined {
  return ([, name]) => findNamed(moment, name)?.record;
}

interface CertificateWalk extends Walk {
  /** `records`: the certificates themselves, by serial number. The others name them: in the order of issuance, of expiry, or of their holders' names. */
  readonly of: "records" | "issuance" | "expiry" | "holders";
}

/** The lists that leave least to look at. What they do not decide, `matches` does. */
function walkFor(query: CertificateQuery): CertificateWalk {
  const { serialNumber, deviceName, owner, notAfterBefore, notAfterAfter } = query;
  if (serialNumber !== undefined) {
    // The authority belongs to the order: two of them may have given the same number.
    const { prefix } = under("certificate");
    return {
      of: "records",
      lists: authoritiesOf(query).map((id) => ({ ...beginning("certificate", id, serialNumber.text), prefix })),
      reverse: false,
    };
  }
  if (deviceName?.match === "exact") return newestFirst(ofHolder("name", deviceName.text, query));
  if (owner?.match === "exact") return newestFirst(ofHolder("owner", owner.text, query));
  if (deviceName !== undefined) return { of: "holders", lists: [beginning("by-name", deviceName.text)], reverse: true };
  if (owner !== undefined) return { of: "holders", lists: [beginning("by-owner", owner.text)], reverse: true };
  if (notAfterBefore !== undefined || notAfterAfter !== undefined) return { of: "expiry", lists: inWindow(query), reverse: true };
  const filings = query.status === undefined ? FILINGS : [query.status];
  return newestFirst(authoritiesOf(query).flatMap((id) => filings.map((filing) => under("issued", "authority", id, filing))));
}

function newestFirst(lists: readonly List[]): CertificateWalk {
  return { of: "issuance", lists, reverse: true };
}

function ofHolder(of: "name" | "owner", value: string, { status }: CertificateQuery): List[] {
  return [status === undefined ? under(`by-${of}`, value) : under("issued", of, value, status)];
}

/** Valid or expired is what the window says, whatever the last sweep has made of it. */
function inWindow({ status, notAfterAfter, notAfterBefore, at, ...query }: CertificateQuery): List[] {
  const filings: readonly Filing[] =
    status === undefined ? FILINGS : status === "valid" || status === "expired" ? ["valid", "expired"] : [status];
  const afterwards = notAfterAfter === undefined ? undefined : new Date(notAfterAfter.getTime() + 1);
  const from = status === "valid" ? latest(at, afterwards) : afterwards;
  const to = status === "expired" ? earliest(at, notAfterBefore) : notAfterBefore;
  return authoritiesOf(query).flatMap((id) => filings.map((filing) => ending(id, filing, { from, to })));
}

/**
 * What a list in the order of issuance lacks, because time has passed since the last sweep: of the expired those that
 * are still filed as valid; of the valid those that a clock ahead has filed as expired. Few: as many as expire between two sweeps.
 */
async function strays(moment: Moment, { of, lists: [list] }: CertificateWalk, query: CertificateQuery): Promise<Entry[]> {
  const { status, at } = query;
  if (of !== "issuance" || list === undefined || (status !== "valid" && status !== "expired")) return [];
  const found: Entry[] = [];
  for (const id of authoritiesOf(query)) {
    const misfiled = status === "expired" ? ending(id, "valid", { to: at }) : ending(id, "expired", { from: at });
    for await (const [place, name] of moment.entries(misfiled))
      found.push([Buffer.concat([list.prefix, Buffer.from(lastPart(place))]), name]);
  }
  return found;
}

/** Operators alone have a role. */
function authoritiesOf({ authority, operatorRole = "" }: Pick<CertificateQuery, "authority" | "operatorRole">): readonly AuthorityId[] {
  const possible = operatorRole === "" ? AUTHORITY_IDS : (["operators"] as const);
  return authority === undefined ? possible : possible.filter((id) => id === authority);
}

function earliest(a: Date, b: Date | undefined): Date {
  return b !== undefined && b < a ? b : a;
}

function latest(a: Date, b: Date | undefined): Date {
  return b !== undefined && b > a ? b : a;
}

function matches(record: CertificateRecord, query: CertificateQuery): boolean {
  return (
    (query.authority === undefined || record.authority === query.authority) &&
    (query.status === undefined || statusOf(record, query.at) === query.status) &&
    textMatches(record.deviceName, query.deviceName) &&
    textMatches(record.owner, query.owner) &&
    textMatches(record.serialNumber, query.serialNumber) &&
    (query.operatorRole === undefined || record.operatorRole === query.operatorRole) &&
    profileMatches(record, query) &&
    (query.notAfterBefore === undefined || record.notAfter < query.notAfterBefore) &&
    (query.notAfterAfter === undefined || record.notAfter > query.notAfterAfter)
  );
}

function profileMatches({ profile }: CertificateRecord, query: CertificateQuery): boolean {
  if (query.profile !== undefined) return profile === query.profile;
  return profile !== "canary" || query.serialNumber !== undefined;
}

function textMatches(text: string, wanted: TextMatch | undefined): boolean {
  if (wanted === undefined) return true;
  return wanted.match === "exact" ? text === wanted.text : text.startsWith(wanted.text);
}
