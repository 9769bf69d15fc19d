import type { Crl } from "./crl.js";
import type { Enforcer } from "./enforcer.js";
import type { Log } from "./events.js";
import type { Contents, Folder } from "./folder.js";
import type { Installed } from "./installed.js";

/** What stands between the house and the internet, as the keeper of its CRL sees it. */
export interface FrontDoor {
  /** What it needs beside the CRL, made from it. */
  filesFor(crl: Crl): Contents;
  enforcer(folder: Folder, installed: Installed, log: Log): Enforcer;
}
