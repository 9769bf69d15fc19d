import type { SubscriberRecord } from "../../authority/types.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import { key, under } from "./key.js";
import { json, readJson } from "./value.js";

type Subscribers = Pick<Store, "listSubscribers" | "insertSubscriber" | "updateSubscriber" | "deleteSubscriber">;

export function subscribers({ database, commits, counters }: Engine): Subscribers {
  return {
    async listSubscribers() {
      const values = await database.values(under("subscriber")).all();
      return values.map((value) => readJson<SubscriberRecord>(value));
    },

    insertSubscriber: (subscriber, entry) =>
      commits.run((transaction) => {
        transaction.put(key.subscriber(subscriber.name), json(subscriber));
        counters.audit(transaction, entry);
      }),

    updateSubscriber: (subscriber) =>
      commits.run((transaction) => {
        const place = key.subscriber(subscriber.name);
        if (transaction.get(place) !== undefined) transaction.put(place, json(subscriber));
      }),

    deleteSubscriber: (name, entry) =>
      commits.run((transaction) => {
        transaction.delete(key.subscriber(name));
        counters.audit(transaction, entry);
      }),
  };
}
