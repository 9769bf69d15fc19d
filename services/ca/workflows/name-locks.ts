/** One at a time for each name: between "is the name free?" and "now it's taken" nobody else may come in. */
export interface NameLocks {
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function createNameLocks(): NameLocks {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(name, work) {
      const before = last.get(name) ?? Promise.resolve();
      const mine = before.then(work, work);
      const settled = mine.then(
        () => undefined,
        () => undefined,
      );
      last.set(name, settled);
      void settled.then(() => {
        if (last.get(name) === settled) last.delete(name);
      });
      return mine;
    },
  };
}
