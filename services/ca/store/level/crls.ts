import { LatchkeyError } from "../../authority/error.js";
import type { AuthorityId, CrlRecord, Departure, SerialNumber } from "../../authority/types.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import type { Reads } from "./group-commit.js";
import { beginning, key } from "./key.js";
import { frame, readText, text, unframe } from "./value.js";

export function crls({ database, commits, counters }: Engine): Pick<Store, "getCrl" | "putCrl" | "departuresSince"> {
  return {
    getCrl: async (authority) => find(commits.committed, authority),

    putCrl: (crl, departures, entry) =>
      commits.run((transaction) => {
        const before = find(transaction, crl.authority)?.number;
        if (before !== undefined && crl.number <= before) {
          throw new LatchkeyError(
            "CRL_INVALID",
            `CRL ${crl.number} of ${crl.authority} can't follow CRL ${before}: the numbers only grow.`,
          );
        }
        const { der, number, ...header } = crl;
        transaction.put(key.crl(crl.authority), frame({ ...header, number: String(number) }, der));
        for (const departure of departures) {
          transaction.put(key.departure(crl.authority, departure.crlNumber, departure.serialNumber), text(departure.cause));
        }
        counters.audit(transaction, entry);
      }),

    async departuresSince(authority, since) {
      const range = { gte: key.departure(authority, since + 1n, ""), lt: beginning("departure", authority).lt };
      const found: Departure[] = [];
      for await (const [place, cause] of database.iterator(range)) {
        const [, , number = "0", serialNumber = ""] = readText(place).split("\0");
        found.push({ serialNumber: serialNumber as SerialNumber, cause: readText(cause) as Departure["cause"], crlNumber: BigInt(number) });
      }
      return found;
    },
  };
}

function find(reads: Reads, authority: AuthorityId): CrlRecord | undefined {
  const value = reads.get(key.crl(authority));
  if (value === undefined) return undefined;
  const { header, octets } = unframe<{ authority: CrlRecord["authority"]; number: string; thisUpdate: string; nextUpdate: string }>(value);
  return {
    authority: header.authority,
    number: BigInt(header.number),
    thisUpdate: new Date(header.thisUpdate),
    nextUpdate: new Date(header.nextUpdate),
    der: octets as Uint8Array as CrlRecord["der"],
  };
}
