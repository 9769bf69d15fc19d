/** What runs until its signal fires. */
export type Task = (ended: AbortSignal) => Promise<void>;

/**
 * Runs tasks side by side until one of them ends or fails, or the signal fires. Then the others are told to end and are waited for:
 * none is left running, and no error gets lost. Throws the first task's error, in their order.
 */
export async function together(signal: AbortSignal, tasks: readonly Task[]): Promise<void> {
  const all = new AbortController();
  const end = () => all.abort();
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const run = async (task: Task) => {
    try {
      await task(all.signal);
    } finally {
      // However it ended: a task may throw before it has made its promise.
      end();
    }
  };
  const outcomes = await Promise.allSettled(tasks.map(run));
  signal.removeEventListener("abort", end);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}
