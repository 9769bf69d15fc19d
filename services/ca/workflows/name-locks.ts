import type { AuthorityId } from "../authority/types.js";

/**
 * One at a time for each holder of certificates: between "is the name free?" and "now it's taken" nobody else may come in, and a renewal
 * can't slip a new certificate past a revocation that is under way.
 */
export interface NameLocks {
  run<T>(authority: AuthorityId, name: string, work: () => Promise<T>): Promise<T>;
  /** The same for several holders at once. Each name is taken in the order of names, so that two never wait for each other. */
  runAll<T>(authority: AuthorityId, names: readonly string[], work: () => Promise<T>): Promise<T>;
}

export function createNameLocks(): NameLocks {
  const last = new Map<string, Promise<unknown>>();

  function run<T>(authority: AuthorityId, name: string, work: () => Promise<T>): Promise<T> {
    const key = `${authority}:${name}`;
    const before = last.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.then(
      () => undefined,
      () => undefined,
    );
    last.set(key, settled);
    void settled.then(() => {
      if (last.get(key) === settled) last.delete(key);
    });
    return mine;
  }

  return {
    run,
    runAll(authority, names, work) {
      const inOrder = [...new Set(names)].toSorted();
      return inOrder.reduceRight((inner, name) => () => run(authority, name, inner), work)();
    },
  };
}
