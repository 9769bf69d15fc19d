/** Tells whether one name's reports come from one hook, by the connections that they come by. */
export interface ConnectionWatch {
  /** A report has come by this connection, `address:port`. */
  saw(connection: string, at: Date): void;
  /** The addresses of two hooks that have reported in turn within the last hour; undefined when there is but one. */
  sharedBy(now: Date): readonly string[] | undefined;
}

const REMEMBERED = 16;
/** Long enough for two that report every half minute and see to it that it is mended; over soon after it was. */
const KEPT_MILLIS = 60 * 60_000;

/**
 * A hook reports by one connection until it is lost, and then by another: never again by one before. So whatever comes back is
 * a second hook's. Addresses would not tell: two hosts may share one, and one host may change its own.
 */
export function createConnectionWatch(): ConnectionWatch {
  let last: string | undefined;
  const before = new Set<string>();
  let shared: { readonly addresses: readonly string[]; readonly at: Date } | undefined;
  return {
    saw(connection, at) {
      if (connection === last) return;
      if (last !== undefined) {
        if (before.delete(connection)) shared = { addresses: [...new Set([addressOf(connection), addressOf(last)])].toSorted(), at };
        before.add(last);
        for (const oldest of before) {
          if (before.size <= REMEMBERED) break;
          before.delete(oldest);
        }
      }
      last = connection;
    },
    sharedBy: (now) => (shared === undefined || now.getTime() - shared.at.getTime() > KEPT_MILLIS ? undefined : shared.addresses),
  };
}

function addressOf(connection: string): string {
  return connection.replace(/:\d+$/, "");
}
