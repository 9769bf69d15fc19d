import { open, rm } from "node:fs/promises";
import type { Level } from "level";
import { LatchkeyError } from "../../authority/error.js";
import type { CommitObserver } from "../store.js";

export type Database = Level<Uint8Array, Uint8Array>;

export interface Reads {
  get(key: Uint8Array): Uint8Array | undefined;
}

/** Reads that see what earlier transactions have decided, durable or not yet; writes that take effect together. */
export interface Transaction extends Reads {
  put(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
}

/** What LevelDB may write as it opens: its log becomes a table, and it begins a new manifest. */
const ROOM_OCTETS = 8 * 1024 * 1024;

interface Group {
  readonly operations: Map<string, { key: Uint8Array; value: Uint8Array | undefined }>;
  readonly waiting: { resolve: () => void; reject: (error: unknown) => void }[];
}

/**
 * Group commit: a transaction decides at once (its work is synchronous, so nobody comes in between) and is answered when
 * it is durable. While one group is being written and fsync'd, the next one gathers.
 */
export class GroupCommit {
  /** Reads of what is durable. */
  readonly committed: Reads = { get: (key) => this.database.getSync(key) };
  #gathering: Group = emptyGroup();
  #writing: Group | undefined;
  #running: Promise<void> | undefined;
  #failure: unknown;
  /** How many writes have failed, and why the last one did. */
  #failures = 0;
  #lastFailure: unknown;
  #recovering: Promise<void> | undefined;
  #isOver = false;

  constructor(
    private readonly database: Database,
    /** What is kept in memory beside the database is read from it anew: after a failed write it may be wrong. */
    private readonly reload: () => void,
    private readonly observer?: CommitObserver,
  ) {}

  /** Runs the work and resolves with its result once that is durable. Throws what the work throws, with nothing written; STORE_FULL when the disk is. */
  async run<T>(work: (transaction: Transaction) => T): Promise<T> {
    while (this.#failure !== undefined) await this.#recovered();
    const changes: Group["operations"] = new Map();
    const result = work({
      get: (key) => {
        const name = nameOf(key);
        const pending = changes.get(name) ?? this.#gathering.operations.get(name) ?? this.#writing?.operations.get(name);
        return pending === undefined ? this.database.getSync(key) : pending.value;
      },
      put: (key, value) => void changes.set(nameOf(key), { key, value }),
      delete: (key) => void changes.set(nameOf(key), { key, value: undefined }),
    });
    if (changes.size === 0) {
      // What it has read may not be durable yet; what it answers must be.
      const failures = this.#failures;
      await this.settled();
      if (this.#failures > failures) throw this.#lastFailure;
      return result;
    }
    for (const [name, change] of changes) this.#gathering.operations.set(name, change);
    const durable = new Promise<void>((resolve, reject) => this.#gathering.waiting.push({ resolve, reject }));
    this.#running ??= this.#write().finally(() => {
      this.#running = undefined;
    });
    await durable;
    return result;
  }

  /**
   * For those who read: what is durable can be read although a write has failed, but not while the database is opened again, nor when that has failed.
   * Throws what keeps it closed.
   */
  async readable(): Promise<void> {
    if (this.#failure !== undefined && (this.#recovering !== undefined || this.database.status !== "open")) await this.#recovered();
  }

  /** Resolves when everything that was decided before is durable, or has failed. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #write(): Promise<void> {
    while (this.#gathering.operations.size > 0) {
      const group = this.#gathering;
      this.#writing = group;
      this.#gathering = emptyGroup();
      const start = performance.now();
      try {
        await this.#store(group);
        this.#writing = undefined;
        this.observer?.written(group.waiting.length, (performance.now() - start) / 1_000);
        for (const { resolve } of group.waiting) resolve();
      } catch (error) {
        this.observer?.failed();
        this.#fail(group, error);
      }
    }
  }

  /** All of it or nothing. By a chained batch: one of an array costs three times as much for each operation. */
  async #store(group: Group): Promise<void> {
    const batch = this.database.batch();
    for (const { key, value } of group.operations.values()) {
      if (value === undefined) batch.del(key);
      else batch.put(key, value);
    }
    await batch.write({ sync: true });
  }

  /** What was decided on top of a write that failed has failed with it. */
  #fail(group: Group, cause: unknown): void {
    const failed = [...group.waiting, ...this.#gathering.waiting];
    this.#writing = undefined;
    this.#gathering = emptyGroup();
    this.#failure = explain(cause);
    this.#failures += 1;
    this.#lastFailure = this.#failure;
    for (const { reject } of failed) reject(this.#failure);
  }

  /** The store is being closed, and stays so: nobody opens it again. Resolves when nothing is under way any more. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.settled();
    // Whoever asked for it is told why it failed.
    await this.#recovering?.catch(() => {});
  }

  #recovered(): Promise<void> {
    if (this.#isOver) return Promise.reject(this.#failure);
    this.#recovering ??= this.#recover().finally(() => {
      this.#recovering = undefined;
    });
    return this.#recovering;
  }

  /**
   * LevelDB refuses every write after one that failed, until it is opened again; and opening writes. It stays open, and readable, as long as there is no room
   * for that. Throws the failure if it fails, too.
   */
  async #recover(): Promise<void> {
    try {
      await proveRoom(roomFile(this.database.location));
      await this.database.close();
      await this.database.open();
      this.reload();
      this.#failure = undefined;
    } catch (error) {
      throw explain(error);
    }
  }
}

/** Beside the database's folder: there for as long as it takes to see whether it can be written. */
export function roomFile(folder: string): string {
  return `${folder}.room`;
}

/** Throws ENOSPC. */
async function proveRoom(path: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(Buffer.alloc(ROOM_OCTETS));
    await file.sync();
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

function emptyGroup(): Group {
  return { operations: new Map(), waiting: [] };
}

function nameOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}

/** A full disk is a person's to mend; everything else is the store's own trouble. */
function explain(error: unknown): LatchkeyError {
  const text = error instanceof Error ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}` : String(error);
  if (/no space left|ENOSPC|disk quota/i.test(text)) {
    return new LatchkeyError(
      "STORE_FULL",
      "The disk is full: don't rely on anything of this having been recorded, issued or revoked. Make room, then do it again.",
      { cause: error },
    );
  }
  return new LatchkeyError(
    "UNAVAILABLE",
    "The store could not write: don't rely on anything of this having been recorded. Do it again; if it stays so, look at the disk and the CA's log.",
    { cause: error },
  );
}
