import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { writeWhole } from "../write-whole.js";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Writes a secret (0600) for as long as the work takes, and takes it away again, however that ends: Ctrl-C must not leave it lying there. */
export async function withPassingFile<T>(path: string, content: string | Uint8Array, work: () => Promise<T>): Promise<T> {
  const onSignal = (signal: NodeJS.Signals) => {
    rmSync(path, { force: true });
    // Others may have something to take away, too; then it ends as it would have ended.
    setImmediate(() => process.kill(process.pid, signal));
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  try {
    await writeWhole(path, content, { secret: true, force: true });
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    await rm(path, { force: true });
  }
}
