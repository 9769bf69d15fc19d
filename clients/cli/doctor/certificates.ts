import { type Certificate, ListCertificatesRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "../../connect/connect.js";
import { relative } from "../duration.js";
import { quote } from "../resolve.js";
import { printable } from "../terminal.js";
import type { FindingCode } from "./codes.js";
import { type Finding, found, ok, skipped } from "./finding.js";
import type { House } from "./house.js";

const DAY_MILLIS = 24 * 3600_000;
/** How soon a device's end is worth a word. */
const DEVICE_DAYS = 30;
/** What renews itself does so with a third of its life left: with half of that gone, something keeps it from it. */
const OVERDUE_PART = 1 / 6;
/** A sixth of the longest life that Apple takes of a server. Of lives that are longer still, the last of it is looked at. */
const OVERDUE_DAYS = 140;

interface Ending {
  readonly code: FindingCode;
  readonly what: string;
  readonly remedy: (name: string) => string;
}

/** What each authority's certificates are called when they end, and what mends it. */
const ENDINGS: ReadonlyMap<string, Ending> = new Map<string, Ending>([
  [
    "servers",
    {
      code: "SERVER_CERTIFICATE_ENDS",
      what: "The server certificate of",
      remedy: () =>
        "Its holder renews it by itself: does `latchkey-nginx run` (or the enrolment service) run, and what does its log say? One that nothing uses any more: `latchkey revoke`.",
    },
  ],
  [
    "operators",
    {
      code: "OPERATOR_CERTIFICATE_ENDS",
      what: "The operator's credential of",
      remedy: (name) => `It renews itself when it is used: use it once. One that nobody needs: \`latchkey revoke ${name}\`.`,
    },
  ],
  [
    "devices",
    {
      code: "DEVICE_CERTIFICATE_ENDS",
      what: "The certificate of",
      remedy: (name) => `\`latchkey invite --renew ${name}\`.`,
    },
  ],
]);

/** What ends soon, and has no successor yet; and how long authorities and CRLs have. */
export async function* lookAtLives({ ca }: House): AsyncGenerator<Finding> {
  if (ca === undefined) return yield skipped("How long certificates and CRLs live: the CA knows it.");
  const now = ca.status.clock ?? new Date();
  for (const { authority, notAfter, nextUpdate } of ca.status.authorities) {
    const ends = (time: Date | undefined) => (time === undefined ? "is not there" : `ends ${relative(time, now)}`);
    yield ok(`The authority ${authority} ${ends(notAfter)}, its CRL ${ends(nextUpdate)}.`);
  }
  for (const [authority, ending] of ENDINGS) {
    const certificates = await endingCertificates(ca.connection, authority, now);
    for (const certificate of certificates) yield endOf(ending, certificate, now);
    if (certificates.length === 0) yield ok(`No certificate of ${authority} ends soon without a successor.`);
  }
}

function endOf({ code, what, remedy }: Ending, { deviceName, notAfter, serialNumber }: Certificate, now: Date): Finding {
  const end = notAfter === undefined ? "?" : `${relative(notAfter, now)} (${notAfter.toISOString().slice(0, 10)})`;
  return found(code, `${what} ${printable(deviceName)} (${serialNumber}) ends ${end}.`, remedy(quote(printable(deviceName))));
}

async function endingCertificates(connection: Connection, authority: string, now: Date): Promise<Certificate[]> {
  const days = authority === "devices" ? DEVICE_DAYS : OVERDUE_DAYS;
  const before = new Date(now.getTime() + days * DAY_MILLIS).toISOString();
  const candidates = await listAll(connection, `authority = "${authority}" AND status = "valid" AND not_after < ${before}`);
  const ending: Certificate[] = [];
  for (const certificate of candidates.filter((one) => isNearItsEnd(one, now))) {
    const ofHolder = `authority = "${authority}" AND status = "valid" AND device_name = ${quote(certificate.deviceName)}`;
    const others = await listAll(connection, ofHolder);
    if (!others.some((one) => succeeds(one, certificate))) ending.push(certificate);
  }
  return ending;
}

/** A device's owner has to do something: the days count. What renews itself is late when it is past its time. */
function isNearItsEnd({ authority, notBefore, notAfter }: Pick<Certificate, "authority" | "notBefore" | "notAfter">, now: Date): boolean {
  if (notAfter === undefined || notBefore === undefined) return false;
  if (authority === "devices") return notAfter.getTime() - now.getTime() < DEVICE_DAYS * DAY_MILLIS;
  return isOverdue(notBefore, notAfter, now);
}

/** Is what renews itself past the time when it should have? */
export function isOverdue(notBefore: Date, notAfter: Date, now: Date): boolean {
  return notAfter.getTime() - now.getTime() < (notAfter.getTime() - notBefore.getTime()) * OVERDUE_PART;
}

/** Two hooks may have a certificate for one name: of servers the owner is the one who asked. */
function succeeds(one: Certificate, earlier: Certificate): boolean {
  if (one.authority === "servers" && (one.owner !== earlier.owner || one.profile !== earlier.profile)) return false;
  return (one.notAfter?.getTime() ?? 0) > (earlier.notAfter?.getTime() ?? 0);
}

async function listAll({ certificates }: Connection, filter: string): Promise<Certificate[]> {
  const all: Certificate[] = [];
  let pageToken = "";
  do {
    const page = await call(certificates, "listCertificates", ListCertificatesRequest.create({ pageSize: 1000, pageToken, filter }));
    all.push(...page.certificates);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return all;
}
