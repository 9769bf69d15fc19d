import { lookAtBackup } from "./backup.js";
import { lookForCanary } from "./canary-left.js";
import { lookAtLives } from "./certificates.js";
import { lookAtClocks } from "./clocks.js";
import { lookAtDisk } from "./disk.js";
import type { Check } from "./examine.js";
import { lookAtFiles } from "./files.js";
import type { House } from "./house.js";
import { lookAtPassphrase } from "./passphrase.js";
import { lookAtCa, lookAtHooks } from "./warnings.js";

/** What needs the CA and its data folder alone, in the order of the lines. */
export const HOUSE_CHECKS: readonly Check<House>[] = [
  { about: "The CA", look: lookAtCa },
  { about: "nginx hooks", look: lookAtHooks },
  { about: "Lives", look: lookAtLives },
  { about: "Clocks", look: lookAtClocks },
  { about: "Files", look: lookAtFiles },
  { about: "Passphrase", look: lookAtPassphrase },
  { about: "Backup", look: lookAtBackup },
  { about: "Disk", look: lookAtDisk },
  { about: "Canaries", look: lookForCanary },
];
