import type { AuditRecord, Store } from "../store.js";
import type { Engine } from "./engine.js";
import { key, under } from "./key.js";
import { readJson } from "./value.js";

export function auditLog({
  database,
  commits,
  counters,
}: Engine): Pick<Store, "appendAudit" | "auditRecords" | "newestTime" | "acceptTime"> {
  return {
    appendAudit: (entry) => commits.run((transaction) => counters.audit(transaction, entry)),

    async auditRecords(afterSequence, limit) {
      const range = { gte: key.audit(afterSequence + 1), lt: under("audit").lt };
      const values = await database.values({ ...range, limit }).all();
      return values.map((value) => readJson<AuditRecord>(value));
    },

    newestTime: async () => counters.newestTime(),
    acceptTime: (entry) => commits.run((transaction) => counters.auditAsNewest(transaction, entry)),
  };
}
