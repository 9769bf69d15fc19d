import type { Log } from "./events.js";
import { openFolder } from "./folder.js";
import { readHookCredential } from "./hook-credential.js";
import { keepFollowing } from "./keep-following.js";
import { createKeeper } from "./keeper.js";
import { lockFolder } from "./lock.js";
import { type Monitor, openMonitor } from "./monitor.js";
import { nginxDoor } from "./nginx-door.js";
import type { HookOptions } from "./options.js";
import { createSchedule } from "./schedule.js";
import { hookSession } from "./session.js";
import { listenForSightings } from "./sightings.js";
import { createWitness } from "./standing.js";

/** Keeps nginx fresh until the signal fires. Outlives the CA: it goes on with what it has, and reconnects. */
export async function runHook(options: HookOptions, write: Log, signal: AbortSignal): Promise<void> {
  await readHookCredential(options.credential, "nginx");
  const witness = createWitness(write);
  const { log } = witness;
  const unlock = await lockFolder(options.dir);
  try {
    log("hook.started", { dir: options.dir });
    const keeper = await createKeeper(await openFolder(options.dir), nginxDoor(options, true), log);
    const sightings = options.seen === undefined ? undefined : await listenForSightings(options.seen);
    let monitor: Monitor | undefined;
    try {
      if (options.monitor !== undefined) monitor = await openMonitor(options.monitor, () => witness.standingOf(keeper, new Date()));
      await keepFollowing(hookSession(options), { keeper, schedule: createSchedule(), sightings, log }, signal);
    } finally {
      // Whatever listens would keep a hook alive that has failed: nobody would start it again.
      monitor?.close();
      sightings?.close();
    }
  } finally {
    await unlock();
    log("hook.stopped");
  }
}
