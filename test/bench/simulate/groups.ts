/** One piece of work, and for whom: those from `first` to before `end` of all that came. */
export interface Group {
  readonly first: number;
  readonly end: number;
  readonly doneAt: number;
}

/**
 * Work that is done for all who have come when it begins; who comes meanwhile goes with the others into the next. So revocations are recorded, so
 * CRLs are signed, and so a hook enforces the newest CRL of those that have come.
 *
 * @param arrivals in ms, ascending
 * @param millisFor how long it takes for so many together
 */
export function inGroups(arrivals: readonly number[], millisFor: (count: number) => number): readonly Group[] {
  const groups: Group[] = [];
  let freeAt = 0;
  for (let first = 0; first < arrivals.length; ) {
    const beginsAt = Math.max(freeAt, arrivals[first] ?? 0);
    let end = first + 1;
    while (end < arrivals.length && (arrivals[end] ?? 0) <= beginsAt) end += 1;
    freeAt = beginsAt + millisFor(end - first);
    groups.push({ first, end, doneAt: freeAt });
    first = end;
  }
  return groups;
}

/** When each of those who came is done. */
export function doneTimes(groups: readonly Group[]): readonly number[] {
  return groups.flatMap(({ first, end, doneAt }) => Array.from({ length: end - first }, () => doneAt));
}
