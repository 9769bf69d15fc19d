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
  const next = new X509Certificate(offered);
  if (pinned === undefined) return offered;
  const before = new X509Certificate(pinned);
  if (before.raw.equals(next.raw)) return pinned;
  const isSameCa =
    before.subject === next.subject && before.publicKey.equals(next.publicKey) && Date.parse(next.validTo) > Date.parse(before.validTo);
  if (isSameCa) return offered;
  throw new Problem(
    "CA_CHANGED",
    `Held: ${before.fingerprint256}. Offered: ${next.fingerprint256}. If you have set up a new CA, compare with \`latchkey ca devices\`, then move ${dir} away and start again.`,
  );
}

/** The trust bundle's certificate of the devices CA. Throws Problem (CA_CHANGED) when it has none that can be read. */
export function devicesAnchor(anchors: readonly { authority: string; certificate: string }[]): string {
  const found = anchors.find(({ authority }) => authority === "devices")?.certificate;
  if (found === undefined) throw new Problem("CA_CHANGED", "It names none at all.");
  return found;
}
