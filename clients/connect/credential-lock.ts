import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { nothingThere } from "./nothing-there.js";

const LOCK = ".renewing";
/** Nobody takes this long to renew: who left it there has died. */
const STALE_MILLIS = 60_000;

/**
 * Takes a credential folder for a renewal: two that write one folder at once could leave the key of the one beside the
 * certificate of the other. Answers how to give it back; undefined while another has it. Throws what the file system says of
 * a folder that can't be written.
 */
export async function lockCredential(folder: string): Promise<(() => Promise<void>) | undefined> {
  const path = join(folder, LOCK);
  try {
    await (await open(path, "wx", 0o600)).close();
    return () => rm(path, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    const left = await stat(path).catch(nothingThere);
    // The next use takes it: two that clear it away and take it at once would both think that they have it.
    if (left !== undefined && Date.now() - left.mtimeMs > STALE_MILLIS) await rm(path, { force: true });
    return undefined;
  }
}
