import { OID } from "../object-identifiers.js";
import type { Adoptable } from "./adoptable.js";

const DAY_MILLIS = 86_400_000;
/** As long as a device's certificate of Latchkey lives. */
const USUAL_DAYS = 825;

/** Beside the CA itself, what is known of how it was kept. */
export interface Surroundings {
  readonly isKeyInTheClear: boolean;
  readonly hasCrl: boolean;
  /** How long the certificates that are known live, in days. */
  readonly lifetimesDays: readonly number[];
  /** Somebody has kept a list (`index.txt`) of all that it has issued. */
  readonly isListed: boolean;
}

/** What is weak about a CA that is taken over, and what to do: sentences for its owner. */
export function weaknessesOf({ certificate, x509 }: Adoptable, surroundings: Surroundings): string[] {
  const weaknesses: string[] = [];
  if (surroundings.isKeyInTheClear)
    weaknesses.push(
      "Its key lay unencrypted on a disk. Latchkey's copy is encrypted; destroy the others, backups too: whoever has one makes certificates that nginx lets in.",
    );
  const bits = x509.publicKey.asymmetricKeyDetails?.modulusLength;
  const { extensions } = certificate;
  const isConstrained = extensions.has(OID.nameConstraints) || extensions.has(OID.extendedKeyUsage);
  const key = bits === undefined ? "" : ` (RSA, ${bits} bits)`;
  if (!isConstrained)
    weaknesses.push(
      `Nothing in its certificate${key} says what it is for: a device that trusts it as a root trusts it for every website. Take it out of the devices' trust stores.`,
    );
  if (bits !== undefined && bits >= 4096)
    weaknesses.push(
      `Its signatures are large and slow (RSA, ${bits} bits), and no safer in practice: new certificates are the new CA's, of EC keys.`,
    );
  if (!surroundings.hasCrl) weaknesses.push("It had no CRL: nobody could be revoked. From now on it has one, and nginx wants it.");
  if (!surroundings.isListed)
    weaknesses.push(
      "Nobody has kept a list of what it has issued: certificates that are not in `latchkey list` are let in as well. `latchkey revoke --file FILE`, or `latchkey revoke AUTHORITY/SERIAL`, takes one away.",
    );
  const long = surroundings.lifetimesDays.filter((days) => days > USUAL_DAYS).length;
  const ownDays = Math.round((certificate.notAfter.getTime() - certificate.notBefore.getTime()) / DAY_MILLIS);
  if (long > 0)
    weaknesses.push(
      `${long} of its certificates live longer than ${USUAL_DAYS} days: renew them soon (\`latchkey invite --renew NAME\`), and revoke the old ones.`,
    );
  weaknesses.push(`It lives ${ownDays} days, until ${certificate.notAfter.toISOString().slice(0, 10)}: nginx trusts it until then.`);
  return weaknesses;
}
