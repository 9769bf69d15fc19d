import { CommandError } from "../error.js";

/** What a look throws that Ctrl-C has ended. */
export const INTERRUPTED = () => new CommandError("INTERRUPTED", "Stopped.");

/** Ctrl-C, or a service manager's SIGTERM, ends the looks in order; a second one ends the process at once, as always. */
export function stopSignal(): { readonly stop: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  process.once("SIGINT", abort).once("SIGTERM", abort);
  return {
    stop: controller.signal,
    release: () => void process.off("SIGINT", abort).off("SIGTERM", abort),
  };
}

/** What the work resolves to, unless it is stopped before. Throws INTERRUPTED. */
export async function unlessStopped<T>(stop: AbortSignal, work: Promise<T>): Promise<T> {
  // Whoever is stopped does not wait for the work any more, and hears nothing of its end.
  work.catch(() => {});
  if (stop.aborted) throw INTERRUPTED();
  let interrupt = () => {};
  const stopped = new Promise<never>((_, reject) => {
    interrupt = () => reject(INTERRUPTED());
    stop.addEventListener("abort", interrupt, { once: true });
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    stop.removeEventListener("abort", interrupt);
  }
}
