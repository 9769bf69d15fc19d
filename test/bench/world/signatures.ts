import { availableParallelism } from "node:os";
import { startChild } from "./child.js";
import type { SignatureOrder } from "./signature-worker.js";

/** The bare cryptography of issuing, on all cores at once. */
export interface Signatures {
  /** How many in a second. */
  rate(kind: SignatureOrder["kind"], millis: number): Promise<number>;
  stop(): Promise<void>;
}

export function startSignatures(): Signatures {
  const workers = Array.from({ length: availableParallelism() }, () => startChild<SignatureOrder, number>("signature-worker.js"));
  return {
    async rate(kind, millis) {
      const rates = await Promise.all(workers.map((worker) => worker.ask({ kind, millis })));
      return rates.reduce((sum, one) => sum + one, 0);
    },
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}
