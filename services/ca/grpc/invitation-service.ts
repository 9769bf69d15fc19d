import type { Duration } from "../../../generated/google/protobuf/duration.js";
import type { InvitationServiceServer } from "../../../generated/latchkey/v1/invitation_service.js";
import { LatchkeyError } from "../authority/error.js";
import type { Context } from "../workflows/context.js";
import { readEnrollmentWindow } from "../workflows/enrollment-window.js";
import { cancelInvitation, createInvitation } from "../workflows/invitations.js";
import type { Redemptions } from "../workflows/redemption.js";
import type { Guard } from "./guard.js";
import { phoneFingerprint, toChain, toInvitation, toPageRequest } from "./translate.js";

/** Where phones reach the enrolment service: known once it listens. */
export interface EnrollmentPlace {
  /** `https://host:port`. */
  origin(): string;
  /** The service shows a certificate of the user's own: there is no root to compare. */
  readonly hasOwnCertificate: boolean;
}

export function createInvitationService(
  context: Context,
  guard: Guard,
  redemptions: Redemptions,
  place: EnrollmentPlace,
): InvitationServiceServer {
  return {
    createInvitation: guard.unary(async ({ deviceName, owner, lifetime, renewal }, caller) => {
      const lifetimeSeconds = lifetime === undefined ? undefined : Number(lifetime.seconds) + lifetime.nanos / 1e9;
      const wish = { deviceName, owner, lifetimeSeconds, renewal };
      const { record, token, passphrase, canceledEarlier } = await createInvitation(context, caller, wish);
      return {
        invitation: toInvitation(record, context.clock.now()),
        url: `${place.origin()}/i/${token}`,
        token,
        passphrase,
        caFingerprint: place.hasOwnCertificate ? "" : phoneFingerprint(context.authorities.get("servers").authority.anchor),
        canceledEarlier,
      };
    }),

    getInvitation: guard.unary(async ({ name }) => {
      const record = await context.store.getInvitation(parseInvitationName(name));
      if (record === undefined) throw new LatchkeyError("INVITATION_NOT_FOUND", `There is no invitation ${name}.`);
      return { invitation: toInvitation(record, context.clock.now()) };
    }),

    listInvitations: guard.unary(async (request) => {
      const at = context.clock.now();
      const { items, nextToken } = await context.store.listInvitations(toPageRequest(request));
      return { invitations: items.map((record) => toInvitation(record, at)), nextPageToken: nextToken };
    }),

    cancelInvitation: guard.unary(async ({ name }, caller) => {
      const record = await cancelInvitation(context, caller, parseInvitationName(name));
      return { invitation: toInvitation(record, context.clock.now()) };
    }),

    redeemInvitation: guard.unary(async ({ token, csr, proof, validateOnly, remoteAddress }, caller) => {
      const at = context.clock.now();
      if (validateOnly) {
        const isPrepared = csr.length > 0 && proof.length === 0;
        const { record, passphrase } = isPrepared
          ? await redemptions.prepare(token, csr)
          : { record: await redemptions.preview(token), passphrase: "" };
        const none = { serialNumber: "", certificateChain: "", deviceId: "", sinceRedemption: undefined };
        return { invitation: toInvitation(record, at), passphrase, ...none };
      }
      const { invitation, certificate } = await redemptions.redeem(caller, { token, csr, proof, remoteAddress });
      return {
        invitation: toInvitation(invitation, at),
        serialNumber: certificate.serialNumber,
        certificateChain: toChain(certificate, context.authorities),
        passphrase: "",
        deviceId: certificate.deviceId,
        sinceRedemption: toDuration(Math.max(0, context.clock.now().getTime() - certificate.issuedAt.getTime())),
      };
    }),

    getEnrollmentWindow: guard.unary(async () => {
      const awaited = await readEnrollmentWindow(context, redemptions);
      return {
        invitations: awaited.map(({ tokenHash, remainingMillis, ended }) => ({ tokenHash, remaining: toDuration(remainingMillis), ended })),
      };
    }),
  };
}

function toDuration(millis: number): Duration {
  return { seconds: String(Math.floor(millis / 1000)), nanos: Math.floor(millis % 1000) * 1_000_000 };
}

function parseInvitationName(name: string): string {
  const [, id] = /^invitations\/([0-9a-f-]{1,64})$/.exec(name) ?? [];
  if (id === undefined) {
    throw new LatchkeyError("FIELD_INVALID", `"${name}" names no invitation: it should look like invitations/{id}.`, {
      violations: [{ field: "name", description: "is not invitations/{id}" }],
    });
  }
  return id;
}
