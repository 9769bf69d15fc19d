import { applyChange, type CrlPiece, composeChanges } from "../../authority/crl-change.js";
import { LatchkeyError } from "../../authority/error.js";
import type { AuthorityId, CrlNumber, CrlRecord, Departure, SerialNumber } from "../../authority/types.js";
import type { Store } from "../store.js";
import { type CrlChange, decodeCrl, decodeCrlChange, encodeCrl, encodeCrlChange } from "./crl-value.js";
import type { Engine } from "./engine.js";
import type { Reads, Transaction } from "./group-commit.js";
import { beginning, key } from "./key.js";
import { readText, text } from "./value.js";

/** Of a change: some hundreds of revocations. What it costs to write one each time, and the whole when they have come to this, is about the same. */
const MOST_CHANGE_OCTETS = 32 * 1024;

interface Present {
  /** The number of the one that lies whole. */
  readonly whole: CrlNumber | undefined;
  readonly change: CrlChange | undefined;
}

/**
 * The present CRL lies whole, or as a change to one that lies whole: of a long list, a revocation writes what is new. An earlier build, which knows of no
 * changes, reads the whole one, and signs the next at its start as always; a change to another than that one is void.
 */
export function crls({ database, commits, counters }: Engine): Pick<Store, "getCrl" | "putCrl" | "departuresSince"> {
  /** What lies there, so that nobody reads megabytes for a number. */
  const present = new Map<AuthorityId, Present>();

  function findPresent(reads: Reads, authority: AuthorityId): Present {
    const known = present.get(authority);
    if (known !== undefined) return known;
    const whole = findWhole(reads, authority)?.number;
    return { whole, change: findChange(reads, authority, whole) };
  }

  /** What the transaction has to write; as a change where that will do. */
  function put(transaction: Transaction, crl: CrlRecord, change: readonly CrlPiece[] | undefined): void {
    const { authority, number } = crl;
    const { whole, change: before } = findPresent(transaction, authority);
    const newest = before?.head.number ?? whole;
    if (newest !== undefined && number <= newest)
      throw new LatchkeyError("CRL_INVALID", `CRL ${number} of ${authority} can't follow CRL ${newest}: the numbers only grow.`);
    if (whole !== undefined && change !== undefined) {
      const { der, ...head } = crl;
      const pieces = before === undefined ? change : composeChanges(before.pieces, change);
      const next = { head, whole, pieces };
      const value = encodeCrlChange(next);
      if (value.length < Math.min(MOST_CHANGE_OCTETS, der.length / 2)) {
        transaction.put(key.crlChange(authority), value);
        present.set(authority, { whole, change: next });
        return;
      }
    }
    transaction.put(key.crl(authority), encodeCrl(crl));
    transaction.delete(key.crlChange(authority));
    present.set(authority, { whole: number, change: undefined });
  }

  return {
    async getCrl(authority) {
      const whole = findWhole(commits.committed, authority);
      const change = findChange(commits.committed, authority, whole?.number);
      return whole === undefined || change === undefined ? whole : { ...change.head, der: applyChange(whole.der, change.pieces) };
    },

    async putCrl(crl, departures, entry, change) {
      try {
        await commits.run((transaction) => {
          put(transaction, crl, change);
          for (const departure of departures) {
            transaction.put(key.departure(crl.authority, departure.crlNumber, departure.serialNumber), text(departure.cause));
          }
          counters.audit(transaction, entry);
        });
      } catch (error) {
        // It may lie there, or not.
        present.delete(crl.authority);
        throw error;
      }
    },

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

function findWhole(reads: Reads, authority: AuthorityId): CrlRecord | undefined {
  const value = reads.get(key.crl(authority));
  return value === undefined ? undefined : decodeCrl(value);
}

/** The change to this one. */
function findChange(reads: Reads, authority: AuthorityId, whole: CrlNumber | undefined): CrlChange | undefined {
  const value = reads.get(key.crlChange(authority));
  if (value === undefined) return undefined;
  const change = decodeCrlChange(value);
  return change.whole === whole ? change : undefined;
}
