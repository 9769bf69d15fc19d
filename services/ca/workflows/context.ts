import type { Settings } from "../../config.js";
import type { Log } from "../../log.js";
import type { Authority } from "../authority/authority.js";
import type { Issuer } from "../authority/issue.js";
import type { AdoptedId, AuthorityId, CrlNumber, Der } from "../authority/types.js";
import type { Store } from "../store/store.js";
import type { Allowances } from "./allowances.js";
import type { Clock } from "./clock.js";
import type { CrlPublisher } from "./crl-publisher.js";
import type { NameLocks } from "./name-locks.js";
import type { Standing } from "./standing.js";
import type { Subscribers } from "./subscribers.js";

/** All that a workflow works with. Made once, by `main.ts`. */
export interface Context {
  readonly settings: Settings;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly authorities: Authorities;
  readonly crls: CrlPublisher;
  readonly subscribers: Subscribers;
  readonly standing: Standing;
  readonly nameLocks: NameLocks;
  readonly allowances: Allowances;
  readonly startedAt: Date;
}

/** An authority with the templates that its certificates are made from. */
export interface IssuingAuthority {
  readonly authority: Authority;
  readonly issuer: Issuer;
  /** Of an adopted one: the number of the last CRL that was signed before it was taken over. */
  readonly lastCrlNumber?: CrlNumber;
  /** Of an adopted one that nobody trusts any more. */
  readonly revokedAt?: Date;
}

/** The three authorities, and CAs that were adopted. `servers` changes when a domain is added. */
export interface Authorities {
  /** Those that are trusted: adopted ones last. */
  ids(): readonly AuthorityId[];
  /** Those that were, too: of what they have issued there are records. */
  everyId(): readonly AuthorityId[];
  /** One that was trusted once, too. Throws AUTHORITY_UNKNOWN. */
  get(id: AuthorityId): IssuingAuthority;
  /** Durable when it resolves: the adopted CA is trusted no more. It does no harm twice. Throws AUTHORITY_UNKNOWN. */
  revoke(id: AdoptedId, at: Date, actor: string): Promise<void>;
  /** Every intermediate of `servers`, newest first: what a relying party may meet in a chain. */
  intermediates(): readonly Der[];
  /** The domains that `servers` may certify, beside the local names. */
  domains(): readonly string[];
}
