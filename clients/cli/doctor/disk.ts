import { statfs } from "node:fs/promises";
import { type Finding, found, ok, skipped } from "./finding.js";
import type { House } from "./house.js";

const MEGABYTE = 1_000_000;
/** A store needs room to compact, and a full disk can't record a revocation. */
const NEARLY_FULL_OCTETS = 200 * MEGABYTE;
const FULL_OCTETS = 20 * MEGABYTE;
const REMEDY = "Make room on that disk, or move the data folder to a larger one (with the CA stopped).";

/** The room that is left for the store: on a full disk nothing is issued, and nothing revoked. */
export async function* lookAtDisk({ data }: House): AsyncGenerator<Finding> {
  if (data === undefined) return yield skipped("The disk of the store: the data folder is not on this host.");
  const { bavail, bsize } = await statfs(data);
  yield roomOf(data, bavail * bsize);
}

export function roomOf(data: string, freeOctets: number): Finding {
  const room = `The disk of ${data} has ${Math.floor(freeOctets / MEGABYTE)} MB left`;
  if (freeOctets < FULL_OCTETS) return found("DISK_FULL", `${room}: too little to record even a revocation for long.`, REMEDY);
  if (freeOctets < NEARLY_FULL_OCTETS) return found("DISK_NEARLY_FULL", `${room}.`, REMEDY);
  return ok(`${room}.`);
}
