import { X509Certificate } from "node:crypto";
import { Problem } from "./problem.js";

/**
 * The devices CA that nginx trusts. It is pinned at the first use, over the authenticated channel. Later the same key with
 * a newer certificate is taken; another key is another CA, and nobody but a person may change that: whoever
 * could swap it would let in phones of their own.
 *
 * @param pinned the devices-ca.pem that is held, if any
 * @param offered the trust bundle's certificate, PEM
 * @returns the PEM to hold from now on. Throws Problem (CA_CHANGED).
 */
export function pinDevicesCa(pinned: string | undefined, offered: string, dir: string): string {
  const next = readOffered(offered);
  // Never the text as it came: nginx would trust every certificate in it.
  if (pinned === undefined) return next.toString();
  const before = new X509Certificate(pinned);
  if (before.raw.equals(next.raw)) return pinned;
  if (isNewer(next, before)) return next.toString();
  throw new Problem(
    "CA_CHANGED",
    `Held: ${before.fingerprint256}. Offered: ${next.fingerprint256}. If you have set up a new CA, compare with \`latchkey ca devices\`, then move ${dir} away and start again.`,
  );
}

function readOffered(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new Problem("CA_CHANGED", "What it names can't be read as a certificate. nginx goes on with the one held.", undefined, { cause });
  }
}

/** Name and key can be copied by whoever poses as the CA: only the key itself can have signed the certificate. */
function isNewer(next: X509Certificate, before: X509Certificate): boolean {
  return (
    next.subject === before.subject &&
    next.publicKey.equals(before.publicKey) &&
    next.verify(before.publicKey) &&
    next.ca &&
    Date.parse(next.validTo) > Date.parse(before.validTo)
  );
}

/** The trust bundle's certificate of the devices CA. Throws Problem (CA_CHANGED) when it has none that can be read. */
export function devicesAnchor(anchors: readonly { authority: string; certificate: string }[]): string {
  const found = anchors.find(({ authority }) => authority === "devices")?.certificate;
  if (found === undefined) throw new Problem("CA_CHANGED", "It names none at all.");
  return found;
}

/** The adopted CAs that the trust bundle names. Trusted are those alone that the CRL of the pinned devices CA vouches for. */
export function adoptedAnchors(anchors: readonly { authority: string; certificate: string }[]): X509Certificate[] {
  return anchors.filter(({ authority }) => authority.startsWith("adopted-")).map(({ certificate }) => readOffered(certificate));
}
