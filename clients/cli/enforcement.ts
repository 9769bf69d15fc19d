import {
  AwaitEnforcementRequest,
  AwaitEnforcementResponse,
  ListSubscribersRequest,
  type Subscriber,
} from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, call } from "../connect/connect.js";
import { parseDuration } from "./duration.js";
import { CommandError } from "./error.js";
import { EXIT, type ExitCode } from "./exit.js";
import { toJson } from "./json.js";
import { bold, green, note, print, printable, printJson, red } from "./terminal.js";

export interface WaitOptions {
  /** commander's `--no-wait` makes it false. */
  readonly wait?: string | boolean;
}

const DEFAULT_WAIT_SECONDS = 30;
const LONGEST_WAIT_SECONDS = 600;
/** Who waits longer than this wonders what for. */
const SILENT_WAIT_MILLIS = 1_000;

/** What was done: the part of the answer that revoke, hold and release share. */
export interface Outcome {
  readonly serialNumber: string;
  readonly serialNumbers: readonly string[];
  readonly crlNumber: string;
  readonly authority: string;
  /** Whose certificates they are. */
  readonly deviceNames: readonly string[];
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
  const enforcement =
    outcome.authority === "devices" ? await awaitHooks(connection, outcome, seconds, json) : AwaitEnforcementResponse.create();
  const silent = enforcement.pending.length === 0 ? [] : await askWhy(connection, enforcement.pending);
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
      problems: silent.map(({ name, connected, problem, problemDetail }) => ({ subscriber: name, connected, problem, problemDetail })),
    });
  } else {
    for (const { subscriber, afterMillis } of enforcement.enforcedBy)
      print(`  ${green("enforced")} by ${bold(printable(subscriber))}${afterMillis === 0 ? "" : ` after ${afterMillis} ms`}`);
    for (const name of enforcement.pending) {
      const why = whyNot(
        silent.find((subscriber) => subscriber.name === name),
        outcome.crlNumber,
      );
      print(`  ${red("NOT ENFORCED")} by ${bold(printable(name))}: ${why}`);
    }
    const nobody = enforcement.enforcedBy.length + enforcement.pending.length === 0;
    if (nobody && outcome.authority === "devices")
      print('  No nginx hook is registered: the CRL says so, but nothing enforces it (README: "Put it before your nginx").');
    if (outcome.authority !== "devices") print(`  ${green("enforced")} by the CA itself`);
    if (outcome.leaveUrl) print(`  How to take the key off the device, too (on the house's own network): ${outcome.leaveUrl}`);
  }
  return enforcement.pending.length === 0 ? EXIT.done : EXIT.notEnforced;
}

/** What the hooks that are waited for say of themselves; nothing, if the CA does not tell: they are named all the same. */
async function askWhy(connection: Connection, pending: readonly string[]): Promise<Subscriber[]> {
  const request = ListSubscribersRequest.create({ pageSize: 1000 });
  const { subscribers } = await call(connection.publication, "listSubscribers", request).catch(() => ({ subscribers: [] }));
  return subscribers.filter(({ name }) => pending.includes(name));
}

/** Why a hook does not enforce a CRL, and what mends it. */
export function whyNot(subscriber: Subscriber | undefined, crlNumber: string): string {
  if (subscriber === undefined) return `it has not reported CRL ${crlNumber} (\`latchkey status\` says why)`;
  const { connected, problem, problemDetail } = subscriber;
  const complaint = problem === "" ? "" : `${problem}: ${printable(problemDetail)}`;
  if (connected) return complaint === "" ? `it has not reported CRL ${crlNumber} yet (\`latchkey status\` says how it goes on)` : complaint;
  return `it is not connected: is \`latchkey-nginx run\` running there?${complaint === "" ? "" : ` It last reported ${complaint}`}`;
}

async function awaitHooks(
  connection: Connection,
  { authority, crlNumber }: Outcome,
  seconds: number,
  json: boolean,
): Promise<AwaitEnforcementResponse> {
  const request = AwaitEnforcementRequest.create({ authority, crlNumber, timeout: { seconds: String(seconds), nanos: 0 } });
  const isWatched = !json && process.stderr.isTTY === true && seconds * 1000 > SILENT_WAIT_MILLIS;
  const telling = isWatched
    ? setTimeout(() => note(`  Waiting for the nginx hooks to enforce it, up to ${seconds} s …`), SILENT_WAIT_MILLIS)
    : undefined;
  try {
    return await call(connection.publication, "awaitEnforcement", request, { deadlineMillis: (seconds + 15) * 1000 });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `It is recorded, in CRL ${crlNumber}; but who enforces it could not be asked (${why}). \`latchkey status\` says it once the CA can be reached.`;
    throw new CommandError("ENFORCEMENT_UNKNOWN", message, { cause: error });
  } finally {
    clearTimeout(telling);
  }
}
