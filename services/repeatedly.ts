/**
 * Does the work again and again, one at a time: a time that comes while it is under way is left out. What goes wrong is told, and the next time
 * tries again. Answers how to stop, which resolves when nothing is under way any more.
 */
export function repeatedly(everyMillis: number, work: () => Promise<void>, onError: (error: unknown) => void): () => Promise<void> {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= work()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  }, everyMillis).unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}
