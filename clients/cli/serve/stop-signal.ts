const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** npm passes a Ctrl-C on that the terminal has sent already: within this time two are one. */
const SAME_MILLIS = 700;

/** Resolves at the first Ctrl-C, SIGTERM or hang-up; a second one ends the process at once. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    const onSignal = () => {
      if (askedAt !== undefined && Date.now() - askedAt > SAME_MILLIS) process.exit(130);
      askedAt ??= Date.now();
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
}
