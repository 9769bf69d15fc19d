import type { Connection } from "../../../clients/connect/connect.js";
import type { Log } from "../../log.js";
import type { Downloads } from "../downloads.js";
import type { FormTokens } from "../form-token.js";
import type { Guard } from "../guard.js";
import type { Limits } from "../limits.js";
import type { PendingKeys } from "../pending-keys.js";
import type { Refusals } from "../refusals.js";
import type { UploadTickets } from "../upload-tickets.js";
import type { EnrollmentWindow } from "../window.js";

/** What the handlers work with. Made once, by `main.ts`. */
export interface AppParts {
  /** The connection to the CA, as of now: it is replaced when the service renews its credential. */
  readonly connection: () => Connection;
  readonly root: () => Promise<string>;
  readonly guard: Guard;
  readonly window: EnrollmentWindow;
  readonly limits: Limits;
  readonly refusals: Refusals;
  readonly downloads: Downloads;
  readonly pendingKeys: PendingKeys;
  readonly formTokens: FormTokens;
  readonly uploadTickets: UploadTickets;
  /** A certificate of the user's own is shown: there is no root to install. */
  readonly hasOwnCertificate: boolean;
  /** Signs an Apple profile that this service has packed itself, where the owner wants that; otherwise it comes back as it is. */
  readonly signProfile: (profile: Uint8Array) => Promise<Uint8Array>;
  /** Where devices try their key; undefined while nothing listens there. */
  readonly devicesPort: () => number | undefined;
  readonly log: Log;
}

/** The largest body that is read: a request is 64 KiB at most, and a third more in base64. */
export const LARGEST_BODY = "96kb";
