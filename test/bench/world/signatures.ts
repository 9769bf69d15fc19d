import { availableParallelism } from "node:os";
import { startChild } from "./child.js";

/** The bare cryptography of issuing, on all cores at once. */
export interface Signatures {
  /** Verifications and signatures (P-256), pairs in a second. */
  rate(millis: number): Promise<number>;
  stop(): Promise<void>;
}

export function startSignatures(): Signatures {
  const workers = Array.from({ length: availableParallelism() }, () => startChild<number, number>("signature-worker.js"));
  return {
    async rate(millis) {
      const rates = await Promise.all(workers.map((worker) => worker.ask(millis)));
      return rates.reduce((sum, one) => sum + one, 0);
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
