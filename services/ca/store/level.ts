import { rm } from "node:fs/promises";
import { auditLog } from "./level/audit-log.js";
import { dump, load } from "./level/backup.js";
import { certificates } from "./level/certificates.js";
import { Counters } from "./level/counters.js";
import { crls } from "./level/crls.js";
import { devices } from "./level/devices.js";
import { documents } from "./level/documents.js";
import { type Database, GroupCommit, roomFile } from "./level/group-commit.js";
import { invitations } from "./level/invitations.js";
import { notices } from "./level/notices.js";
import { openDatabase } from "./level/open.js";
import { subscribers } from "./level/subscribers.js";
import { sweep } from "./level/sweep.js";
import type { CommitObserver, Store } from "./store.js";

/** Opens (or makes) the store in a folder. Throws DATA_IN_USE while another process has it, STORE_CORRUPT for the format of a later version. */
export async function openLevelStore(folder: string, observer?: CommitObserver): Promise<Store> {
  const { database, release } = await openDatabase(folder);
  try {
    // A process that was killed as it looked for room has left it.
    await rm(roomFile(folder), { force: true });
    return createStore(database, release, observer);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** One file of `level/` for each kind of record, over one group commit. */
function createStore(database: Database, release: () => Promise<void>, observer: CommitObserver | undefined): Store {
  const counters = new Counters(database);
  const commits = new GroupCommit(database, () => counters.reload(), observer);
  const engine = { database, commits, counters };
  const parts = {
    ...certificates(engine),
    ...sweep(engine),
    ...devices(engine),
    ...invitations(engine),
    ...crls(engine),
    ...subscribers(engine),
    ...notices(engine),
    ...documents(engine),
    ...auditLog(engine),

    backup: () => dump(database),
  };
  return {
    ...whenReadable(commits, parts),

    async restore(chunks, documents = {}) {
      await load(database, chunks, documents);
      counters.reload();
    },

    async close() {
      await commits.end();
      await database.close();
      await release();
    },
  };
}

/** Each call waits for a database that can be read: after a write that has failed, it may be under way, or kept from it. */
function whenReadable<T extends object>(commits: GroupCommit, parts: T): T {
  const gated = Object.entries(parts).map(([name, method]) => {
    const isStream = STREAMS.has(name);
    return [name, isStream ? streamWhenReadable(commits, method) : callWhenReadable(commits, method)];
  });
  return Object.fromEntries(gated) as T;
}

const STREAMS: ReadonlySet<string> = new Set<keyof Store>(["revokedCertificates", "backup"]);

function callWhenReadable(commits: GroupCommit, method: (...args: unknown[]) => Promise<unknown>) {
  return async (...args: unknown[]) => {
    await commits.readable();
    return await method(...args);
  };
}

function streamWhenReadable(commits: GroupCommit, method: (...args: unknown[]) => AsyncIterable<unknown>) {
  return async function* (...args: unknown[]) {
    await commits.readable();
    yield* method(...args);
  };
}
