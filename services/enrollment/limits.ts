import { networkOf, normalAddress } from "./lan.js";

/** How often somebody may ask. */
export interface Limits {
  /** Takes one request's worth. Answers 0, or in how many seconds to come again. */
  take(address: string): number;
  /**
   * Takes one request's worth of what an invitation is given for itself, whoever else asks from the same address: nobody without it can use
   * that up. Answers as `take` does.
   */
  takeInvited(invitation: string): number;
  /** A wrong token or proof: it costs more than a right one. */
  penalise(address: string): void;
}

/** A leaky bucket: so many at once, so many a second for long. */
interface Bucket {
  level: number;
  at: number;
}

interface Size {
  readonly size: number;
  readonly perSecond: number;
}

/** A phone asks a dozen times to enrol. */
const ADDRESS: Size = { size: 240, perSecond: 10 };
/** An IPv6 host has as many addresses of its /64 as it likes; but on a LAN, everybody is in that /64. */
const NETWORK: Size = { size: 480, perSecond: 50 };
const ALL: Size = { size: 600, perSecond: 100 };
const PENALTY = 8;
/** Strangers by the thousand must not fill the memory. */
const MOST_BUCKETS = 4_096;

/** Counts by address, by /64 of IPv6, and all together. `now` in ms. */
export function createLimits(now: () => number = Date.now): Limits {
  const addresses = createBuckets(ADDRESS, now);
  const networks = createBuckets(NETWORK, now);
  const all = createBuckets(ALL, now);
  const invitations = createBuckets(ADDRESS, now);

  return {
    take: (address) => addresses.take(normalAddress(address)) || networks.take(networkOf(address)) || all.take(""),
    takeInvited: (invitation) => invitations.take(invitation),
    penalise: (address) => addresses.add(normalAddress(address), PENALTY),
  };
}

/** A bucket for each name; those that were not asked for longest are forgotten. */
function createBuckets({ size, perSecond }: Size, now: () => number) {
  const buckets = new Map<string, Bucket>();

  function bucketOf(name: string): Bucket {
    const at = now();
    const bucket = buckets.get(name) ?? { level: 0, at };
    bucket.level = Math.max(0, bucket.level - ((at - bucket.at) / 1000) * perSecond);
    bucket.at = at;
    // The newest last, so that the oldest leaves first.
    buckets.delete(name);
    buckets.set(name, bucket);
    for (const oldest of buckets.keys()) {
      if (buckets.size <= MOST_BUCKETS) break;
      buckets.delete(oldest);
    }
    return bucket;
  }

  return {
    take(name: string): number {
      const bucket = bucketOf(name);
      if (bucket.level + 1 > size) return Math.ceil((bucket.level + 1 - size) / perSecond);
      bucket.level += 1;
      return 0;
    },
    add(name: string, amount: number): void {
      const bucket = bucketOf(name);
      bucket.level = Math.min(size, bucket.level + amount);
    },
  };
}
