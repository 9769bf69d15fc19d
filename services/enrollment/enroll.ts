import { type Connection, call } from "../../clients/connect/connect.js";
import { CallError } from "../../clients/connect/error.js";
import { RedeemInvitationRequest, type RedeemInvitationResponse } from "../../generated/latchkey/v1/invitation_service.js";
import { packBundle } from "./bundle/bundle.js";
import { createDeviceKey } from "./bundle/device-key.js";
import type { BundleFormat } from "./bundle/formats.js";
import type { Download } from "./downloads.js";
import type { PendingKey, PendingKeys } from "./pending-keys.js";
import { Refusal } from "./problem.js";

/** What a device (or its owner, through the page) asks for. */
export interface Enrollment {
  readonly token: string;
  readonly format: BundleFormat;
  /** A request of the device's own, and the proof of the passphrase with it. */
  readonly own: { readonly csr: Buffer; readonly proof: Buffer } | undefined;
  readonly remoteAddress: string;
  /** Who tries, for a key that is made here: the same attempt, made again, goes on with the same key. Undefined: nobody who could come again. */
  readonly attempt: string | undefined;
}

export interface Enrolled extends Download {
  readonly deviceName: string;
  readonly deviceId: string;
  readonly format: BundleFormat;
  readonly certificateChain: string;
  /** More than a moment, where the same token and key came again. */
  readonly sinceRedemptionMillis: number;
}

const TOKEN = /^[A-Za-z0-9_-]{22}$/;

/** Throws INVITATION_NOT_FOUND for what can't be a token: it is not worth a question to the CA. */
export function refuseMalformedToken(token: unknown): string {
  if (typeof token === "string" && TOKEN.test(token)) return token;
  throw new Refusal("INVITATION_NOT_FOUND", "This invitation is not known: check the link, or ask for a new one.");
}

/** What the token is for. Consumes nothing. */
export async function previewInvitation(connection: Connection, token: string): Promise<RedeemInvitationResponse> {
  return await call(connection.invitations, "redeemInvitation", RedeemInvitationRequest.create({ token, validateOnly: true }));
}

/**
 * Turns an invitation into a bundle. Without a request of the device's own, the key is made here; all that the bundle needs beside the certificate is
 * there before the invitation is used up, and is forgotten soon after it is packed. `roots`: what a profile brings along.
 */
export async function enroll(
  connection: Connection,
  enrollment: Enrollment,
  roots: readonly string[],
  pending: PendingKeys,
): Promise<Enrolled> {
  const { token, own, remoteAddress, format, attempt } = enrollment;
  if (own !== undefined) {
    const answer = await redeem(connection, { token, csr: own.csr, proof: own.proof, remoteAddress });
    return describe(answer, "pem", Buffer.from(answer.certificateChain), "pem", "application/x-pem-file");
  }
  const { privateKey, csr, passphrase } = await pending.get(token, attempt, () => prepareKey(connection, token));
  const answer = await redeem(connection, { token, csr: Buffer.from(csr), remoteAddress }).catch((error: unknown) => {
    if (isOver(error)) pending.forget(token, attempt);
    throw error;
  });
  const { certificateChain, deviceId } = answer;
  const deviceName = answer.invitation?.deviceName ?? "";
  const bundle = await packBundle(format, { privateKey, certificateChain, anchors: roots, deviceName, deviceId, passphrase });
  pending.packed(token, attempt);
  return describe(answer, format, bundle.content, bundle.extension, bundle.contentType);
}

/** A key, and the passphrase of its bundle. Consumes nothing. Throws CallError. */
async function prepareKey(connection: Connection, token: string): Promise<PendingKey> {
  const { privateKey, csr } = await createDeviceKey();
  const { passphrase } = await redeem(connection, { token, csr: Buffer.from(csr), validateOnly: true });
  return { privateKey, csr, passphrase };
}

/** Another has used the invitation up, or it has ended: that will not change. */
function isOver(error: unknown): boolean {
  return error instanceof CallError && error.reason.startsWith("INVITATION_");
}

async function redeem(connection: Connection, request: Partial<RedeemInvitationRequest>): Promise<RedeemInvitationResponse> {
  return await call(connection.invitations, "redeemInvitation", RedeemInvitationRequest.create(request));
}

function describe(
  answer: RedeemInvitationResponse,
  format: BundleFormat,
  content: Uint8Array,
  extension: string,
  contentType: string,
): Enrolled {
  const deviceName = answer.invitation?.deviceName ?? "";
  const { serialNumber, certificateChain, deviceId, sinceRedemption } = answer;
  const fileName = `${deviceName}.${extension}`;
  const sinceRedemptionMillis = Number(sinceRedemption?.seconds ?? 0) * 1000;
  return { deviceName, deviceId, format, certificateChain, sinceRedemptionMillis, serialNumber, content, contentType, fileName };
}
