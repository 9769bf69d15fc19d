import { chain, GENESIS_HASH } from "../audit.js";
import type { AuditEntry, AuditRecord } from "../store.js";
import type { Database, Transaction } from "./group-commit.js";
import { key } from "./key.js";
import { json, readJson } from "./value.js";

/** As the last transaction left them in the database. */
interface State {
  readonly lastAudit: Pick<AuditRecord, "sequence" | "hash">;
  readonly certificates: number;
  readonly invitations: number;
  /** In ms since the epoch. */
  readonly newest: number;
}

const BEGINNING: State = { lastAudit: { sequence: 0, hash: GENESIS_HASH }, certificates: 0, invitations: 0, newest: 0 };

/** What is counted on, kept in memory beside the database: the places in the order of issuance, the audit log's end, the newest time. */
export class Counters {
  #state: State;

  constructor(private readonly database: Database) {
    this.#state = read(database);
  }

  /** After a failed write or a restore: what memory says may be wrong. */
  reload(): void {
    this.#state = read(this.database);
  }

  /** The newest time that anything in the store bears. */
  newestTime(): Date {
    return new Date(this.#state.newest);
  }

  /** The next certificate's place in the order of issuance. Durable with the audit record of its transaction. */
  nextCertificate(): number {
    this.#state = { ...this.#state, certificates: this.#state.certificates + 1 };
    return this.#state.certificates;
  }

  nextInvitation(): number {
    this.#state = { ...this.#state, invitations: this.#state.invitations + 1 };
    return this.#state.invitations;
  }

  /** The same as `audit`, and the entry's time is the newest from now on, however far the store was ahead of it. */
  auditAsNewest(transaction: Transaction, entry: AuditEntry): void {
    this.#state = { ...this.#state, newest: 0 };
    this.audit(transaction, entry);
  }

  /** Gives the entry its place in the log. The last step of a transaction: it writes the counters, too. */
  audit(transaction: Transaction, entry: AuditEntry): void {
    const record = chain(entry, this.#state.lastAudit);
    const { sequence, hash } = record;
    const newest = Math.max(this.#state.newest, entry.time.getTime());
    this.#state = { ...this.#state, lastAudit: { sequence, hash }, newest };
    transaction.put(key.audit(sequence), json(record));
    transaction.put(key.state, json(this.#state));
  }
}

function read(database: Database): State {
  const value = database.getSync(key.state);
  return value === undefined ? BEGINNING : readJson<State>(value);
}
