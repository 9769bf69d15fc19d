import { mock, type TestContext } from "node:test";

export interface Hourly {
  /** The hour is over: what is done every hour is done now, at a time that is so far ahead for it, and stays so until `done`. */
  passHour(aheadMillis: number, done?: () => Promise<void>): Promise<void>;
  /** So are the timeouts of this length that have been set since. */
  passTimeouts(millis: number): void;
}

const HOUR_MILLIS = 3600_000;

/** Catches what this process sets a timer for, so that a test need not wait for an hour; every timer runs as it would. */
export function catchHourly(t: TestContext): Hourly {
  const [intervals, timeouts] = [[] as (() => void)[], [] as { callback: () => void; millis: number }[]];
  const { setInterval: every, setTimeout: once } = globalThis;
  t.mock.method(globalThis, "setInterval", (callback: () => void, millis: number) => {
    if (millis === HOUR_MILLIS) intervals.push(callback);
    return every(callback, millis);
  });
  t.mock.method(globalThis, "setTimeout", (callback: (...args: unknown[]) => void, millis: number, ...args: unknown[]) => {
    timeouts.push({ callback: () => callback(...args), millis });
    return once(callback, millis, ...args);
  });
  return {
    async passHour(aheadMillis, done = async () => {}) {
      mock.timers.enable({ apis: ["Date"], now: Date.now() + aheadMillis });
      try {
        for (const callback of intervals) callback();
        await done();
      } finally {
        mock.timers.reset();
      }
    },
    passTimeouts(wanted) {
      for (const { callback, millis } of timeouts.splice(0)) if (millis === wanted) callback();
    },
  };
}
