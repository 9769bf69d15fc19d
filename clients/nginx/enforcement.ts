import type { Problem } from "./problem.js";
import type { Warning } from "./warning.js";

/** How far the hook has come, as reported to the CA. */
export interface Enforcement {
  /** The CRL number that nginx has proved to enforce. */
  readonly enforced: bigint | undefined;
  /** Why the newest CRL is not enforced. */
  readonly problem: Problem | undefined;
  readonly warnings: readonly Warning[];
  /** Canaries are let in at the check location alone. */
  readonly refusesCanaries?: boolean;
}
