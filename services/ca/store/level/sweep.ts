import { AUTHORITY_IDS } from "../../authority/types.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import { refile } from "./filing.js";
import { findNamed } from "./find-certificate.js";
import { after, ending, type Filing, type List } from "./key.js";

/** How many are filed anew in one transaction: nobody else's waits longer than for that. */
const BATCH = 200;

export function sweep(engine: Engine): Pick<Store, "sweepExpired"> {
  return {
    async sweepExpired(at) {
      for (const authority of AUTHORITY_IDS) {
        await refileAll(engine, ending(authority, "valid", { to: at }), "valid", "expired");
        // Those that were filed while the clock was ahead.
        await refileAll(engine, ending(authority, "expired", { from: at }), "expired", "valid");
      }
    },
  };
}

async function refileAll({ database, commits }: Engine, list: List, from: Filing, to: Filing): Promise<void> {
  let { gte } = list;
  for (;;) {
    const entries = await database.iterator({ gte, lt: list.lt, limit: BATCH }).all();
    const last = entries.at(-1);
    if (last === undefined) return;
    await commits.run((transaction) => {
      for (const [place, name] of entries) {
        // It may have been revoked since it was read.
        const certificate = transaction.get(place) === undefined ? undefined : findNamed(transaction, name);
        if (certificate !== undefined) refile(transaction, certificate, from, to);
      }
    });
    gte = after(last[0]);
  }
}
