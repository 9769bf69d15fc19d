import { CallError, isUnreachable } from "../../../connect/error.js";
import { CommandError } from "../../error.js";
import { describe } from "../../failure.js";
import { type Finding, found, skipped } from "../finding.js";
import type { Ca } from "../house.js";
import { INTERRUPTED } from "../stop.js";
import { type Canary, issueCanary, newCanaryName, revokeCanary } from "./canary.js";
import type { Door } from "./door.js";
import { lookAtEntry } from "./entry.js";
import { lookAtRevocation } from "./revocation.js";

/** Lets a device of its own in, revokes it, and looks whether the door refuses it then. Revoked it is at the end, whatever happens. */
export async function* lookWithCanary(door: Door): AsyncGenerator<Finding> {
  const { ca, withCanary, stop, shown } = door;
  const what = "Whether a good device is let in, and a revoked one refused";
  if (!withCanary) return yield skipped(`${what}: --no-canary.`);
  if (shown instanceof Error) return yield skipped(`${what}: the door can't be reached.`);
  if (ca === undefined) return yield skipped(`${what}: the CA can't issue a canary.`);
  const canary = createCanary(ca);
  let failure: unknown;
  let remains: string | undefined;
  try {
    yield* lookAtDoorWith(door, ca, canary);
  } catch (error) {
    failure = error;
  } finally {
    remains = await canary.end();
  }
  if (stop.aborted) throw new CommandError("INTERRUPTED", `Stopped. ${remains ?? "The canary of this examination is revoked."}`);
  if (remains !== undefined) yield found("CANARY_LEFT", remains, `\`latchkey revoke "${canary.deviceName}"\``);
  if (failure !== undefined) throw failure;
}

async function* lookAtDoorWith(door: Door, ca: Ca, canary: Canary): AsyncGenerator<Finding> {
  const identity = await canary.issue();
  if (door.stop.aborted) throw INTERRUPTED();
  const entry = yield* lookAtEntry(door, identity);
  try {
    yield* lookAtRevocation(door, ca, { identity, revoke: canary.revoke }, entry);
  } finally {
    entry.websocket?.close();
  }
}

function createCanary({ connection }: Ca): Canary {
  const deviceName = newCanaryName();
  let mayBeValid = false;
  const revoke: Canary["revoke"] = async () => {
    const response = await revokeCanary(connection, deviceName);
    mayBeValid = false;
    return response;
  };
  return {
    deviceName,
    async issue() {
      try {
        mayBeValid = true;
        return await issueCanary(connection, deviceName);
      } catch (error) {
        // What the CA has refused is not there; an answer that was lost may have been a certificate.
        mayBeValid = isUnreachable(error);
        throw error;
      }
    },
    revoke,
    async end() {
      try {
        if (mayBeValid) await revoke();
        return undefined;
      } catch (error) {
        if (isRevokedAllTheSame(error)) return undefined;
        return `The canary could not be revoked, and "${deviceName}" may still be valid: ${describe(error).message}`;
      }
    },
  };
}

/** It was never issued; or it is recorded as revoked, and the CRL that carries it is signed within a minute. */
function isRevokedAllTheSame(error: unknown): boolean {
  return error instanceof CallError && (error.reason === "DEVICE_NOT_FOUND" || error.reason === "CRL_NOT_SIGNED");
}
