import { randomBytes, randomUUID } from "node:crypto";
import { parseDeviceName } from "../authority/device-name.js";
import { LatchkeyError } from "../authority/error.js";
import { cancel, expire, newInvitation, passphraseFrom, proofKeyOf, stateAt } from "../authority/invitation.js";
import type { DeviceName, InvitationRecord } from "../authority/types.js";
import type { AuditEntry } from "../store/store.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";
import { refuseHeldDevice, refuseTakenName } from "./device-names.js";

export interface InvitationRequest {
  readonly deviceName: string;
  readonly owner: string;
  readonly lifetimeSeconds: number | undefined;
  readonly renewal: boolean;
}

const SHORTEST_SECONDS = 60;
const LONGEST_SECONDS = 7 * 24 * 3600;

/**
 * Makes an invitation. The token and the passphrase are in the answer and nowhere else. An open invitation of the same
 * device is canceled: the newest one counts. Throws DEVICE_NAME_TAKEN; for a renewal DEVICE_NOT_FOUND, CERTIFICATE_REVOKED.
 */
export async function createInvitation(
  context: Context,
  caller: Caller | undefined,
  request: InvitationRequest,
): Promise<{ record: InvitationRecord; token: string; passphrase: string; canceledEarlier: boolean }> {
  const deviceName = parseDeviceName(request.deviceName);
  const lifetimeSeconds = request.lifetimeSeconds ?? context.settings.invitations.lifetimeMinutes * 60;
  if (!(lifetimeSeconds >= SHORTEST_SECONDS && lifetimeSeconds <= LONGEST_SECONDS)) {
    throw new LatchkeyError("FIELD_INVALID", "An invitation lives from 1 minute to 7 days.", {
      violations: [{ field: "lifetime", description: "must be 60 s to 604800 s" }],
    });
  }
  return await context.nameLocks.run("devices", deviceName, async () => {
    const device = await context.store.getDevice(deviceName);
    if (request.renewal && device === undefined) {
      throw new LatchkeyError("DEVICE_NOT_FOUND", `There is no device "${deviceName}" to renew: invite it without --renew.`);
    }
    await (request.renewal ? refuseHeldDevice : refuseTakenName)(context, deviceName);
    const canceled = await cancelOpenInvitations(context, caller, [deviceName]);
    const id = randomUUID();
    const passphrase = passphraseFrom(randomBytes(10));
    const { record, token } = newInvitation({
      id,
      deviceName,
      owner: request.owner === "" ? (device?.owner ?? "") : request.owner,
      renewal: request.renewal,
      at: context.clock.signingTime(),
      lifetimeSeconds,
      passphrase,
      proofKey: await proofKeyOf(passphrase, id),
      random: { token: randomBytes(16), nonce: randomBytes(12) },
    });
    const fields = { invitation: id, deviceName, renewal: request.renewal, expiresAt: record.expiresAt.toISOString() };
    await context.store.insertInvitation(record, {
      time: record.createdAt,
      event: "invitation.created",
      actor: actorOf(caller),
      fields,
    });
    context.log("invitation.created", fields);
    return { record, token, passphrase, canceledEarlier: canceled.length > 0 };
  });
}

/** Cancels the open invitations of these devices; answers whose there were. */
export async function cancelOpenInvitations(
  context: Context,
  caller: Caller | undefined,
  deviceNames: readonly string[],
): Promise<DeviceName[]> {
  const at = context.clock.now();
  const open = (await context.store.openInvitations()).filter((record) => deviceNames.includes(record.deviceName));
  for (const { id } of open) await cancelInvitation(context, caller, id);
  return open.filter((record) => stateAt(record, at) === "open").map(({ deviceName }) => deviceName);
}

/** Cancels; an invitation that is over already stays as it is. Throws INVITATION_NOT_FOUND. */
export async function cancelInvitation(context: Context, caller: Caller | undefined, id: string): Promise<InvitationRecord> {
  const at = context.clock.now();
  const update = (record: InvitationRecord) => cancel(record, at);
  const audit = (record: InvitationRecord): AuditEntry => ({
    time: at,
    event: "invitation.canceled",
    actor: actorOf(caller),
    fields: { invitation: id, deviceName: record.deviceName },
  });
  return await context.store.updateInvitation(id, update, audit);
}

/** Ends the invitations whose time is over: their sealed passphrases are erased. */
export async function expireInvitations(context: Context): Promise<void> {
  const at = context.clock.now();
  for (const invitation of await context.store.openInvitations()) {
    if (stateAt(invitation, at) !== "expired") continue;
    await context.store.updateInvitation(
      invitation.id,
      (record) => expire(record, at),
      (record) => ({
        time: at,
        event: "invitation.expired",
        actor: "system",
        fields: { invitation: record.id, deviceName: record.deviceName },
      }),
    );
    context.log("invitation.expired", { invitation: invitation.id, deviceName: invitation.deviceName });
  }
}
