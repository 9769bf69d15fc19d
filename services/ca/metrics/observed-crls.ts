import type { AuthorityId } from "../authority/types.js";
import type { CrlPublisher } from "../workflows/crl-publisher.js";

export interface PublicationObserver {
  began(authority: AuthorityId): void;
  /** With a CRL or without one. */
  ended(authority: AuthorityId, seconds: number): void;
}

/** The same publisher; tells who waits for a CRL, and how long. */
export function observeCrls(crls: CrlPublisher, observer: PublicationObserver): CrlPublisher {
  return {
    ...crls,
    async publish(authority, changed) {
      const start = performance.now();
      observer.began(authority);
      try {
        return await crls.publish(authority, changed);
      } finally {
        observer.ended(authority, (performance.now() - start) / 1_000);
      }
    },
  };
}
