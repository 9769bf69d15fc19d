import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseDomain } from "./authority/name-constraints.js";
import { openLevelStore } from "./store/level.js";
import { haveAuthorities } from "./workflows/authorities.js";

/**
 * Would a start make a new CA in this data folder? A store without authorities is what a first run has left that was
 * interrupted. Looks, and makes nothing. Throws DATA_IN_USE, STORE_CORRUPT.
 */
export async function isFirstRun(dataFolder: string): Promise<boolean> {
  const folder = join(dataFolder, "store");
  if (!existsSync(folder)) return true;
  const store = await openLevelStore(folder);
  try {
    return !(await haveAuthorities(store));
  } finally {
    await store.close();
  }
}

/** Throws DOMAIN_INVALID for the first that can't be a domain of a site. */
export function checkDomains(domains: readonly string[]): void {
  for (const domain of domains) parseDomain(domain);
}
