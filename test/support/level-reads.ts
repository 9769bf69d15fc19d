import { Level } from "level";

interface Reading {
  getSync(...args: unknown[]): unknown;
  iterator(...args: unknown[]): { readonly count: number };
}

/** Looks on at every Level database of this process. Answers how many values they have handed out, by key or by an iterator's own count. */
export function countReads(): () => number {
  const prototype = Level.prototype as unknown as Reading;
  const { getSync, iterator } = prototype;
  const iterators: { readonly count: number }[] = [];
  let gets = 0;
  prototype.getSync = function (...args) {
    gets += 1;
    return getSync.apply(this, args);
  };
  prototype.iterator = function (...args) {
    const made = iterator.apply(this, args);
    iterators.push(made);
    return made;
  };
  return () => iterators.reduce((sum, { count }) => sum + count, gets);
}
