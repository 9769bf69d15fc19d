import { createHash, type X509Certificate } from "node:crypto";
import { acceptCrl, type HandedCrl } from "./accept-crl.js";
import { type Crl, readCrl } from "./crl.js";
import { readIssuer } from "./issuer.js";
import { Problem } from "./problem.js";
import type { Vouched } from "./vouched.js";

/** A CA that the CA has adopted, whose devices nginx lets in beside those of its own: with its CRL, or nginx would refuse them all. */
export interface AdoptedCa {
  readonly ca: X509Certificate;
  readonly crl: Crl;
}

/**
 * Finds the certificate and the CRL of every adopted CA that an accepted CRL of the pinned devices CA vouches for. None may be missing, none may be
 * older than said, and no other is taken: only the pinned key can add one. Throws Problem (ADOPTED_CA_MISSING, and what acceptCrl throws).
 *
 * @param offered the certificates that the trust bundle names
 * @param handed the CRLs that came
 * @param held what lies in the folder
 * @param takesEnded see acceptCrl
 */
export function acceptAdopted(
  devices: Crl,
  offered: readonly X509Certificate[],
  handed: readonly HandedCrl[],
  held: readonly AdoptedCa[],
  now: Date,
  takesEnded = false,
): AdoptedCa[] {
  return devices.vouched.map((vouched) => {
    const before = held.find(({ ca }) => isOf(ca, vouched));
    const ca = before?.ca ?? offered.find((one) => isOf(one, vouched));
    if (ca === undefined) throw missing("The certificate", vouched);
    const { subject } = readIssuer(ca);
    const own = handed.find(({ der }) => Buffer.compare(issuerOf(der), subject) === 0);
    if (own === undefined) throw missing("The CRL", vouched);
    const crl = acceptCrl(own, ca, before?.crl, now, takesEnded);
    if (crl.number < vouched.crlNumber)
      throw new Problem("CRL_OLDER", `An adopted CA's has the number ${crl.number}, and that of devices names ${vouched.crlNumber}.`);
    return { ca, crl };
  });
}

/** Is the set whole: does it have what the CRL of devices vouches for, and nothing else? */
export function isWhole(devices: Crl, adopted: readonly AdoptedCa[]): boolean {
  const isThere = (vouched: Vouched) => adopted.some(({ ca, crl }) => isOf(ca, vouched) && crl.number >= vouched.crlNumber);
  return adopted.length === devices.vouched.length && devices.vouched.every(isThere);
}

function isOf(ca: X509Certificate, { fingerprint }: Vouched): boolean {
  return createHash("sha256").update(ca.raw).digest("hex") === fingerprint;
}

/** Of what can't be read: nobody's. */
function issuerOf(der: Uint8Array): Uint8Array {
  try {
    return readCrl(der).issuer;
  } catch {
    return new Uint8Array();
  }
}

function missing(what: string, { fingerprint }: Vouched): Problem {
  return new Problem(
    "ADOPTED_CA_MISSING",
    `${what} of the one with the SHA-256 fingerprint ${fingerprint} did not come. Nothing was installed; nginx goes on with what it has. Start the CA again, then this hook.`,
  );
}
