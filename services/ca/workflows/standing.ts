import { LatchkeyError } from "../authority/error.js";
import { statusOf } from "../authority/revoke.js";
import type { SerialNumber } from "../authority/types.js";
import type { Store } from "../store/store.js";
import type { Caller } from "./caller.js";
import type { Clock } from "./clock.js";

/**
 * May this operator act now? Looked up on every call, not at the handshake: a revoked operator's open channel and
 * streams end at once.
 */
export interface Standing {
  /** Throws UNAUTHENTICATED for a certificate the store does not know, OPERATOR_REVOKED for one without standing. */
  check(serialNumber: SerialNumber): Promise<Caller>;
  /** Calls back when the certificate loses its standing. Returns how to stop listening. */
  onLost(serialNumber: SerialNumber, listener: () => void): () => void;
  /** A workflow tells that certificates have lost their standing. */
  lost(serialNumbers: readonly SerialNumber[]): void;
}

export function createStanding(store: Store, clock: Clock): Standing {
  const listeners = new Map<SerialNumber, Set<() => void>>();
  return {
    async check(serialNumber) {
      const record = await store.getCertificate({ authority: "operators", serialNumber });
      if (record === undefined || record.operatorRole === "") {
        throw new LatchkeyError(
          "UNAUTHENTICATED",
          "This operator certificate is not one that this CA has on record: ask an administrator for a new one.",
        );
      }
      const status = statusOf(record, clock.now());
      if (status !== "valid") {
        const meaning = status === "expired" ? "has expired" : `is ${status}`;
        throw new LatchkeyError(
          "OPERATOR_REVOKED",
          `The operator certificate of "${record.deviceName}" ${meaning}: ask an administrator for a new one (\`latchkey operator add\`).`,
        );
      }
      const mayServe = record.operatorRole === "admin" ? undefined : record.serverNames;
      return { name: record.deviceName, role: record.operatorRole, serialNumber, mayServe };
    },
    onLost(serialNumber, listener) {
      const set = listeners.get(serialNumber) ?? new Set();
      listeners.set(serialNumber, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(serialNumber);
      };
    },
    lost(serialNumbers) {
      for (const serialNumber of serialNumbers) {
        for (const listener of [...(listeners.get(serialNumber) ?? [])]) listener();
      }
    },
  };
}
