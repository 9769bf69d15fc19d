import { type Csr, readCsr } from "../authority/csr.js";
import { LatchkeyError } from "../authority/error.js";
import { checkProof, countWrongProof, openPassphrase, redeem, refuseUnlessOpen, tokenHash } from "../authority/invitation.js";
import type { CertificateRecord, InvitationRecord } from "../authority/types.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";
import { deviceFor, refuseHeldDevice, refuseTakenName } from "./device-names.js";
import { issuedEntry, refuseCompromisedKey, sign } from "./sign-certificate.js";

export interface RedemptionRequest {
  readonly token: string;
  readonly csr: Uint8Array;
  /** With a key of the device's own. Empty: the enrolment service made the key, and gets the passphrase to pack it with. */
  readonly proof: Uint8Array;
  readonly remoteAddress: string;
}

export interface Redemption {
  readonly invitation: InvitationRecord;
  readonly certificate: CertificateRecord;
  /** Empty with a proof. */
  readonly passphrase: string;
}

/** The passphrase is erased from the store by the redemption; a retry of the same call, whose answer was lost, gets it from here. */
const RETRY_MILLIS = 60_000;
/** How long a bundle waits for its phone after the redemption (ten minutes), and the phone's last steps. */
const FETCH_MILLIS = 11 * 60_000;

export interface Redemptions {
  /** What a redemption would find, consuming nothing. Throws what a redemption would throw. */
  preview(token: string): Promise<InvitationRecord>;
  /** Turns a token into a certificate, once. A retry with the same token and key gets the same answer. */
  redeem(caller: Caller, request: RedemptionRequest): Promise<Redemption>;
  /** Those whose bundle may still be fetched: until when. */
  lately(): readonly { readonly tokenHash: string; readonly until: Date }[];
}

export function createRedemptions(context: Context): Redemptions {
  const recent = new Map<string, string>();
  let lately: readonly { readonly tokenHash: string; readonly until: Date }[] = [];

  /**
   * By the token's SHA-256, which is what the store knows it by: what the look-up's time tells of how far two hashes agree is of no use to
   * who can't choose a token by its hash. No secret is ever compared octet by octet.
   */
  async function find(token: string): Promise<InvitationRecord> {
    const record = await context.store.getInvitationByTokenHash(tokenHash(token));
    if (record === undefined) {
      throw new LatchkeyError(
        "INVITATION_NOT_FOUND",
        "This invitation is not known: check the link, or ask for a new one (`latchkey invite`).",
      );
    }
    return record;
  }

  return {
    async preview(token) {
      const record = await find(token);
      refuseUnlessOpen(record, context.clock.now());
      return record;
    },

    async redeem(caller, request) {
      const { deviceName } = await find(request.token);
      // One at a time for a device: of two that race, the second finds the invitation as the first has left it.
      return await context.nameLocks.run("devices", deviceName, () => redeemAlone(caller, request));
    },

    lately: () => lately.filter(({ until }) => until > context.clock.now()),
  };

  async function redeemAlone(caller: Caller, request: RedemptionRequest): Promise<Redemption> {
    const found = await find(request.token);
    const isOwnKey = request.proof.length > 0;
    const csr = await readCsr(request.csr);
    const repeated = await redeemedBefore(context, found, csr.publicKeyHash);
    if (repeated !== undefined)
      return { invitation: found, certificate: repeated, passphrase: isOwnKey ? "" : (recent.get(found.id) ?? "") };
    refuseUnlessOpen(found, context.clock.now());
    if (isOwnKey && !(await checkProof(found, request.token, csr.publicKey, request.proof)))
      return await refuseWrongProof(context, caller, found);
    await refuseCompromisedKey(context, csr);
    await (found.renewal ? refuseHeldDevice : refuseTakenName)(context, found.deviceName);
    const passphrase = isOwnKey ? "" : openPassphrase(found, request.token);
    const { invitation, certificate } = await issueFor(context, caller, found, csr, request.remoteAddress);
    const now = context.clock.now();
    lately = [...lately.filter(({ until }) => until > now), { tokenHash: found.tokenHash, until: new Date(now.getTime() + FETCH_MILLIS) }];
    if (passphrase !== "") {
      recent.set(found.id, passphrase);
      setTimeout(() => recent.delete(found.id), RETRY_MILLIS).unref();
    }
    context.log("invitation.redeemed", { invitation: found.id, deviceName: found.deviceName, serialNumber: certificate.serialNumber });
    return { invitation, certificate, passphrase };
  }
}

/** Signs, and stores certificate and used-up invitation in one transaction. */
async function issueFor(
  context: Context,
  caller: Caller,
  found: InvitationRecord,
  csr: Csr,
  remoteAddress: string,
): Promise<{ invitation: InvitationRecord; certificate: CertificateRecord }> {
  const device = await deviceFor(context, found.deviceName, found.owner);
  const subject = { profile: "device", name: found.deviceName, deviceId: device.id, owner: device.owner, requestId: "" } as const;
  const certificate = await sign(context, csr, subject);
  const { serialNumber, publicKeyHash, issuedAt } = certificate;
  const entry = issuedEntry(caller, certificate);
  const invitation = await context.store.redeemInvitation(
    found.id,
    (record) => redeem(record, issuedAt, serialNumber, publicKeyHash),
    certificate,
    device,
    { ...entry, event: "invitation.redeemed", fields: { ...entry.fields, invitation: found.id, remoteAddress } },
  );
  return { invitation, certificate };
}

async function redeemedBefore(context: Context, record: InvitationRecord, publicKeyHash: string): Promise<CertificateRecord | undefined> {
  if (record.state.kind !== "redeemed" || record.state.publicKeyHash !== publicKeyHash) return undefined;
  return await context.store.getCertificate({ authority: "devices", serialNumber: record.state.serialNumber });
}

async function refuseWrongProof(context: Context, caller: Caller, found: InvitationRecord): Promise<never> {
  const at = context.clock.now();
  const record = await context.store.updateInvitation(
    found.id,
    (record) => countWrongProof(record, at),
    (record) => ({
      time: at,
      event: record.state.kind === "locked" ? "invitation.locked" : "invitation.refused",
      actor: actorOf(caller),
      fields: { invitation: record.id, deviceName: record.deviceName, reason: "PROOF_WRONG", wrongProofs: record.wrongProofs },
    }),
  );
  context.log(record.state.kind === "locked" ? "invitation.locked" : "invitation.refused", { invitation: found.id, reason: "PROOF_WRONG" });
  refuseUnlessOpen(record, at);
  throw new LatchkeyError(
    "PROOF_WRONG",
    "The proof does not fit the passphrase and the key: type the passphrase as it is shown, hyphens included. After five wrong ones the invitation ends.",
  );
}
