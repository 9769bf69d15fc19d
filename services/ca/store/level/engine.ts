import type { Counters } from "./counters.js";
import type { Database, GroupCommit } from "./group-commit.js";

/** What every part of the store works with. */
export interface Engine {
  readonly database: Database;
  readonly commits: GroupCommit;
  readonly counters: Counters;
}
