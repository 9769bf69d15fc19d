import type { Log } from "./events.js";
import { openFolder } from "./folder.js";
import { readHookCredential } from "./hook-credential.js";
import { keepFollowing } from "./keep-following.js";
import { createKeeper } from "./keeper.js";
import { lockFolder } from "./lock.js";
import { otherDoor } from "./other-door.js";
import { createSchedule } from "./schedule.js";

/** What `follow` is told. */
export interface FollowOptions {
  readonly credential: string;
  /** Absolute. */
  readonly dir: string;
  /** A command line for a shell. */
  readonly command: string;
}

/** Keeps the files of a front door that is no nginx, and runs a command after each change, until the signal fires. Outlives the CA. */
export async function runFollower({ credential, dir, command }: FollowOptions, log: Log, signal: AbortSignal): Promise<void> {
  const role = "viewer";
  await readHookCredential(credential, role);
  const unlock = await lockFolder(dir);
  try {
    log("hook.started", { dir });
    const keeper = await createKeeper(await openFolder(dir), otherDoor(command), log);
    const session = { credential, role, dir, serverNames: [], toReport: undefined } as const;
    await keepFollowing(session, { keeper, schedule: createSchedule(), sightings: undefined, log }, signal);
  } finally {
    await unlock();
    log("hook.stopped");
  }
}
