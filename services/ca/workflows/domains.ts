import type { Der } from "../authority/types.js";
import type { MutableAuthorities } from "./authorities.js";
import type { Clock } from "./clock.js";

/**
 * Adds a domain: a new intermediate of `servers` under the sealed root, with no phone to touch.
 * Answers the new intermediate. Throws RECOVERY_PASSPHRASE_WRONG, DOMAIN_INVALID.
 */
export type AddDomain = (domain: string, recoveryPassphrase: string, actor: string) => Promise<Der>;

/** One at a time: two additions at once must not lose one of the domains. */
export function createAddDomain(authorities: MutableAuthorities, clock: Clock, published: () => Promise<void>): AddDomain {
  let last: Promise<unknown> = Promise.resolve();
  return (domain, recoveryPassphrase, actor) => {
    const work = async () => {
      const intermediate = await authorities.addDomain(domain, recoveryPassphrase, clock.signingTime(), actor);
      await published();
      return intermediate;
    };
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
