/**
 * Gives work so long, and no longer: it rejects when the time is over or the signal fires, whether or not the work has listened. Both are listened
 * to here: what `AbortSignal.any` makes of a timeout may be collected before it fires. Rejects with `ABORT_ERR`, or with what the work does.
 */
export function withTimeLimit<T>(millis: number, signal: AbortSignal, work: (limit: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const signals = [signal, AbortSignal.timeout(millis)];
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      controller.abort();
      reject(Object.assign(new Error("the time is over"), { code: "ABORT_ERR" }));
    };
    for (const one of signals) one.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    work(controller.signal)
      .then(resolve, reject)
      .finally(() => {
        for (const one of signals) one.removeEventListener("abort", giveUp);
      });
  });
}
