import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import { key } from "./key.js";

export function documents({ commits, counters }: Engine): Pick<Store, "getDocument" | "putDocument"> {
  return {
    getDocument: async (name) => commits.committed.get(key.document(name)),

    putDocument: (name, content, entry) =>
      commits.run((transaction) => {
        transaction.put(key.document(name), content);
        counters.audit(transaction, entry);
      }),
  };
}
