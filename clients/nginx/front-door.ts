import type { X509Certificate } from "node:crypto";
import type { AtExpiry } from "./at-expiry.js";
import type { Canaries } from "./canary/canaries.js";
import type { Enforcer } from "./enforcer.js";
import type { Log } from "./events.js";
import type { Contents, Folder } from "./folder.js";
import type { HeldSet } from "./held-set.js";
import type { Installed } from "./installed.js";
import type { KeepingCheck } from "./keeping-check.js";
import type { Kept } from "./revocation-files.js";

/** What stands between the house and the internet, as the keeper of its CRL sees it. */
export interface FrontDoor {
  /** What becomes of everybody when the CRL ends before a newer one has come. */
  readonly atExpiry: AtExpiry;
  /** What it needs beside the CRLs, made from them; `kept`: the CRL's list stands in for it, or not, or (undefined) the files for that stay as they are. */
  filesFor(dir: string, set: HeldSet, kept: boolean | undefined, devicesCas: readonly X509Certificate[]): Contents;
  /** Does the list stand in for the CRL, in the folder's set? */
  readKept(folder: Pick<Folder, "path" | "read">, set: HeldSet | undefined): Promise<Kept>;
  /** Can the list stand in for the CRL there? */
  keepingCheck(dir: string): KeepingCheck;
  /** By which it is tried. */
  canaries(folder: Folder, installed: Installed): Canaries;
  enforcer(parts: { readonly folder: Folder; readonly installed: Installed; readonly canaries: Canaries }, log: Log): Enforcer;
}
