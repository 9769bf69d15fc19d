import type { Adoption } from "../../../services/ca/adopt.js";
import { loadSettings } from "../../../services/settings.js";
import { askPassphrase } from "./ask-passphrase.js";
import { type OldCaFiles, readOldCa } from "./old-ca.js";
import { createServeLog } from "./readable-log.js";

/** `latchkey adopt`: takes a CA over into the data folder of a CA that is stopped. */
export async function adoptCa(files: OldCaFiles, data: string | undefined): Promise<Adoption> {
  const { settings } = await loadSettings({ flags: { data }, env: process.env });
  const old = await readOldCa(files);
  const { adopt } = await import("../../../services/ca/adopt.js");
  return await adopt({ settings, log: createServeLog(), ...(process.stdin.isTTY ? { askPassphrase } : {}) }, old);
}
