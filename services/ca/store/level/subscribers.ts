import type { SubscriberRecord } from "../../authority/types.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import { key, under } from "./key.js";
import { json, readJson } from "./value.js";

export function subscribers({
  database,
  commits,
  counters,
}: Engine): Pick<Store, "listSubscribers" | "putSubscriber" | "deleteSubscriber"> {
  return {
    async listSubscribers() {
      const values = await database.values(under("subscriber")).all();
      return values.map((value) => readJson<SubscriberRecord>(value));
    },

    putSubscriber: (subscriber) => commits.run((transaction) => transaction.put(key.subscriber(subscriber.name), json(subscriber))),

    deleteSubscriber: (name, entry) =>
      commits.run((transaction) => {
        transaction.delete(key.subscriber(name));
        counters.audit(transaction, entry);
      }),
  };
}
