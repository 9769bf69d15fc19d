/**
 * Serial numbers that are said to have left the CRL, expired or released, each with the number of the last CRL that it left
 * with. Lower-case hex, without a sign octet.
 */
export type Departures = ReadonlyMap<string, bigint>;

/**
 * Several accounts, oldest first, as one of what has left since a CRL number. What left before that, and is on the CRL with that
 * number all the same, has been revoked again: it may not vanish on the old account.
 */
export function departedSince(number: bigint | undefined, ...accounts: readonly Departures[]): Departures {
  const all = accounts.flatMap((account) => [...account]);
  return new Map(number === undefined ? all : all.filter(([, leftWith]) => leftWith > number));
}
