import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseDomain } from "./authority/name-constraints.js";
import { openLevelStore } from "./store/level.js";
import { haveAuthorities } from "./workflows/authorities-document.js";
import type { Context } from "./workflows/context.js";

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

/** Nobody was ever invited, and no device has got a certificate. */
export async function isUnused({ store, clock }: Pick<Context, "store" | "clock">): Promise<boolean> {
  const first = { size: 1, token: "" };
  const [invitations, certificates] = await Promise.all([
    store.listInvitations(first),
    store.listCertificates({ authority: "devices", at: clock.now() }, first),
  ]);
  return invitations.items.length + certificates.items.length === 0;
}
