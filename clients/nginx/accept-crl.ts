import type { X509Certificate } from "node:crypto";
import { type Crl, isSignedBy, readCrl } from "./crl.js";
import { type Departures, departedSince } from "./departures.js";
import { isNamed, readIssuer } from "./issuer.js";
import { Problem } from "./problem.js";

/** A CRL as it came over the wire, with the serial numbers that were named as expired or released since the one held. */
export interface HandedCrl {
  readonly der: Uint8Array;
  readonly departed: Departures;
  /** Those of adopted CAs that came with it. */
  readonly adopted?: readonly HandedCrl[];
}

const NAMED_SERIALS = 5;

/**
 * Is this CRL good to put in the held one's place? Throws Problem with the reason why not: damaged or forged, another CA's,
 * expired, ahead of the clock, older, or one that has forgotten revocations (no serial number may leave except those
 * named as expired or released).
 *
 * @param mayHaveEnded take one that has expired in the place of one that is held, too: its list is the newer one (`--at-expiry keep-last-good`)
 */
export function acceptCrl(handed: HandedCrl, ca: X509Certificate, held: Crl | undefined, now: Date, mayHaveEnded = false): Crl {
  const crl = parse(handed.der);
  const issuer = readIssuer(ca);
  if (Buffer.compare(crl.issuer, issuer.subject) !== 0)
    throw new Problem("CRL_FOREIGN", "It was not installed; nginx goes on with the one it has.");
  if (crl.signer !== undefined && !isNamed(issuer, crl.signer))
    throw new Problem(
      "CRL_FOREIGN",
      "It names another key than that of devices-ca.pem. It was not installed; nginx goes on with the one it has.",
    );
  if (!isSignedBy(crl, ca)) throw new Problem("CRL_CORRUPT", "Its signature does not verify against devices-ca.pem. It was not installed.");
  if (crl.nextUpdate <= now && !(mayHaveEnded && held !== undefined)) {
    throw new Problem(
      "CRL_EXPIRED",
      `Its nextUpdate was ${crl.nextUpdate.toISOString()}, this host's clock says ${now.toISOString()}. Look at both clocks and at \`latchkey status\`.`,
    );
  }
  refuseOlder(crl, held);
  refuseForgetful(crl, held, handed.departed);
  if (crl.thisUpdate > now) {
    const ahead = Math.ceil((crl.thisUpdate.getTime() - now.getTime()) / 1_000);
    throw new Problem(
      "CRL_NOT_YET_VALID",
      `It is ${ahead} s ahead (${crl.thisUpdate.toISOString()}): set the clocks of both hosts by NTP.`,
    );
  }
  return crl;
}

function parse(der: Uint8Array): Crl {
  try {
    return readCrl(der);
  } catch (cause) {
    throw new Problem("CRL_CORRUPT", `It can't be read: ${cause instanceof Error ? cause.message : String(cause)}.`, undefined, { cause });
  }
}

function refuseOlder(crl: Crl, held: Crl | undefined): void {
  if (held === undefined || crl.number > held.number) return;
  if (crl.number === held.number && Buffer.compare(crl.der, held.der) === 0) return;
  throw new Problem(
    "CRL_OLDER",
    `Its number is ${crl.number}, the one held is ${held.number}. It was not installed; nginx goes on with the one held. If you know that the CA's numbers have gone back, move this hook's --dir away and start it again.`,
  );
}

function refuseForgetful(crl: Crl, held: Crl | undefined, named: Departures): void {
  if (held === undefined) return;
  const departed = departedSince(held.number, named);
  const forgotten = [...held.serialNumbers.missingFrom(crl.serialNumbers)].filter((serial) => !departed.has(serial));
  if (forgotten.length === 0) return;
  const some = forgotten.slice(0, NAMED_SERIALS).join(", ");
  const more = forgotten.length > NAMED_SERIALS ? ` and ${forgotten.length - NAMED_SERIALS} more` : "";
  throw new Problem(
    "CRL_FORGETS_REVOCATIONS",
    `Missing: ${some}${more}. nginx goes on refusing them. On the CA's host, \`latchkey crl restore --from NAME\` (this hook's name) takes them back.`,
    held.der,
  );
}
