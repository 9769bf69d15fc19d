import { parseAddress } from "./lan.js";

/** How often somebody may ask. */
export interface Limits {
  /** Takes one request's worth. Answers 0, or in how many seconds to come again. */
  take(address: string): number;
  /** A wrong token or proof: it costs more than a right one. */
  penalise(address: string): void;
}

/** A leaky bucket: so many at once, so many a second for long. */
interface Bucket {
  level: number;
  at: number;
}

/** A phone asks a dozen times to enrol; a house with many behind one address a few hundred. */
const EACH = { size: 240, perSecond: 10 };
const ALL = { size: 600, perSecond: 100 };
const PENALTY = 8;
/** Strangers by the thousand must not fill the memory. */
const MOST_BUCKETS = 4_096;

/** Counts by address (of IPv6 by /64: a host has as many as it likes there), and all together. `now` in ms. */
export function createLimits(now: () => number = Date.now): Limits {
  const buckets = new Map<string, Bucket>();
  const all: Bucket = { level: 0, at: now() };

  function bucketOf(address: string): Bucket {
    const name = prefixOf(address);
    const bucket = buckets.get(name) ?? { level: 0, at: now() };
    // The newest last, so that the oldest leaves first.
    buckets.delete(name);
    buckets.set(name, bucket);
    for (const oldest of buckets.keys()) {
      if (buckets.size <= MOST_BUCKETS) break;
      buckets.delete(oldest);
    }
    return bucket;
  }

  function fill(bucket: Bucket, { size, perSecond }: typeof EACH, amount: number): number {
    const at = now();
    bucket.level = Math.max(0, bucket.level - ((at - bucket.at) / 1000) * perSecond);
    bucket.at = at;
    if (bucket.level + amount > size) return Math.ceil((bucket.level + amount - size) / perSecond);
    bucket.level += amount;
    return 0;
  }

  return {
    take: (address) => fill(bucketOf(address), EACH, 1) || fill(all, ALL, 1),
    penalise(address) {
      const bucket = bucketOf(address);
      bucket.level = Math.min(EACH.size, bucket.level + PENALTY);
    },
  };
}

function prefixOf(text: string): string {
  const address = parseAddress(text);
  if (address === undefined || address.kind() === "ipv4") return address?.toString() ?? "unknown";
  return address.toNormalizedString().split(":").slice(0, 4).join(":");
}
