import type { Check } from "../examine.js";
import { lookAtCertificate } from "./certificate.js";
import type { Door } from "./door.js";
import { lookAtNames } from "./names.js";
import { lookFromOutside } from "./outside.js";
import { lookAtStrangers } from "./strangers.js";
import { lookWithCanary } from "./with-canary.js";

/** What is looked at from before the door, in the order of the lines. */
export const DOOR_CHECKS: readonly Check<Door>[] = [
  { about: "Names", look: lookAtNames },
  { about: "Certificate", look: lookAtCertificate },
  { about: "Strangers", look: lookAtStrangers },
  { about: "Canary", look: lookWithCanary },
  { about: "Outside", look: lookFromOutside },
];
