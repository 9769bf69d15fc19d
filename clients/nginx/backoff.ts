/** How long to wait before each next try: twice as long as before, up to a limit, until something has worked. Milliseconds. */
export interface Backoff {
  /** The wait before the next try. */
  next(): number;
  /** Something has worked: the next wait is the first again. */
  reset(): void;
}

export function createBackoff(firstMillis: number, longestMillis: number): Backoff {
  let nextMillis = firstMillis;
  return {
    next() {
      const millis = nextMillis;
      nextMillis = Math.min(millis * 2, longestMillis);
      return millis;
    },
    reset() {
      nextMillis = firstMillis;
    },
  };
}

/** From a half of it to one and a half: a hundred hooks must not come back in one instant. */
export function withJitter(millis: number): number {
  return millis * (0.5 + Math.random());
}

/** Resolves when the time is over, or as soon as one of the signals fires. */
export function pause(millis: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, millis);
    for (const signal of signals) signal.addEventListener("abort", finish, { once: true });
    if (signals.some(({ aborted }) => aborted)) finish();
  });
}
