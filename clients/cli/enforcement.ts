import { AwaitEnforcementRequest, AwaitEnforcementResponse } from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, call } from "../connect/connect.js";
import { parseDuration } from "./duration.js";
import { CommandError } from "./error.js";
import { EXIT, type ExitCode } from "./exit.js";
import { toJson } from "./json.js";
import { bold, green, print, printable, printJson, red } from "./terminal.js";

export interface WaitOptions {
  /** commander's `--no-wait` makes it false. */
  readonly wait?: string | boolean;
}

const DEFAULT_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 600;

/** What was done: the part of the answer that revoke, hold and release share. */
export interface Outcome {
  readonly serialNumber: string;
  readonly serialNumbers: readonly string[];
  readonly crlNumber: string;
  readonly authority: string;
  /** Of revoke and hold: the devices whose open invitations ended with it. */
  readonly canceledInvitations?: readonly string[];
  /** Of revoke, for a device: where its owner reads how to take the key off it. */
  readonly leaveUrl?: string;
  /** Of revoke and hold, by a serial number: the holder's other certificates, which are valid as before. */
  readonly standingSerialNumbers?: readonly string[];
}

/** Reads the wait before anything is done. */
export function waitSeconds({ wait }: WaitOptions): number {
  if (wait === false) return 0;
  const seconds = typeof wait === "string" ? parseDuration(wait) : DEFAULT_WAIT_SECONDS;
  if (seconds > LONGEST_WAIT_SECONDS) throw new CommandError("USAGE", "Waiting is possible for 10 minutes at most: --wait 10m.");
  return seconds;
}

/** Waits until every registered hook enforces the CRL, and says who does and who does not. A revocation is not done until the door says so. */
export async function reportEnforcement(
  connection: Connection,
  outcome: Outcome,
  done: string,
  seconds: number,
  json: boolean,
): Promise<ExitCode> {
  const canceled = outcome.canceledInvitations ?? [];
  const standing = outcome.standingSerialNumbers ?? [];
  if (!json) print(done);
  if (!json) for (const device of canceled) print(`  The open invitation of ${bold(printable(device))} was canceled with it.`);
  if (!json && standing.length > 0)
    print(`  ${red("STILL VALID")}, of the same holder: ${standing.join(", ")}. By its name every certificate is reached.`);
  // The CA itself enforces what is not a device's. It is not asked: who has revoked its own operator gets no answer any more.
  const enforcement = outcome.authority === "devices" ? await awaitHooks(connection, outcome, seconds) : AwaitEnforcementResponse.create();
  if (json) {
    const { enforcedBy, pending } = toJson(AwaitEnforcementResponse, enforcement);
    const { serialNumber, serialNumbers, crlNumber, authority } = outcome;
    printJson({
      serialNumber,
      serialNumbers,
      crlNumber,
      authority,
      canceledInvitations: canceled,
      standingSerialNumbers: standing,
      enforcedBy,
      pending,
    });
  } else {
    for (const { subscriber, afterMillis } of enforcement.enforcedBy)
      print(`  ${green("enforced")} by ${bold(printable(subscriber))} after ${afterMillis} ms`);
    for (const subscriber of enforcement.pending) {
      print(
        `  ${red("NOT ENFORCED")} by ${bold(printable(subscriber))}: it has not reported CRL ${outcome.crlNumber} (\`latchkey status\` says why)`,
      );
    }
    const nobody = enforcement.enforcedBy.length + enforcement.pending.length === 0;
    if (nobody && outcome.authority === "devices")
      print('  No nginx hook is registered: the CRL says so, but nothing enforces it (README: "Put it before your nginx").');
    if (outcome.authority !== "devices") print(`  ${green("enforced")} by the CA itself`);
    if (outcome.leaveUrl) print(`  How to take the key off the device, too (on the house's own network): ${outcome.leaveUrl}`);
  }
  return enforcement.pending.length === 0 ? EXIT.done : EXIT.notEnforced;
}

async function awaitHooks(connection: Connection, { authority, crlNumber }: Outcome, seconds: number): Promise<AwaitEnforcementResponse> {
  const request = AwaitEnforcementRequest.create({ authority, crlNumber, timeout: { seconds: String(seconds), nanos: 0 } });
  try {
    return await call(connection.publication, "awaitEnforcement", request, { deadlineMillis: (seconds + 15) * 1000 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `It is recorded, in CRL ${crlNumber}; but who enforces it could not be asked (${why}). \`latchkey status\` says it once the CA can be reached.`;
    throw new CommandError("ENFORCEMENT_UNKNOWN", message, { cause: error });
  }
}
