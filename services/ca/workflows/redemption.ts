import { type Csr, readCsr } from "../authority/csr.js";
import { LatchkeyError } from "../authority/error.js";
import { checkProof, countWrongProof, openPassphrase, redeem, refuseUnlessOpen, tokenHash } from "../authority/invitation.js";
import type { CertificateRecord, InvitationRecord } from "../authority/types.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";
import { deviceFor, refuseHeldDevice, refuseTakenName } from "./device-names.js";
import { refuseRevoked } from "./refuse-revoked.js";
import { issuedEntry, refuseCompromisedKey, sign } from "./sign-certificate.js";

export interface RedemptionRequest {
  readonly token: string;
  readonly csr: Uint8Array;
  /** With a key of the device's own. Empty: the enrolment service made the key. */
  readonly proof: Uint8Array;
  readonly remoteAddress: string;
}

export interface Redemption {
  readonly invitation: InvitationRecord;
  readonly certificate: CertificateRecord;
}

/** How long a bundle waits for its phone (`LIFETIME_MILLIS` of `services/enrollment/lifetime.ts`), and a minute for the phone's last steps. */
const FETCH_MILLIS = 11 * 60_000;

/** A week: the longest that an invitation may be made for. */
const LONGEST_INVITATION_MILLIS = 7 * 24 * 3600_000;

export interface Redemptions {
  /** What a redemption would find, consuming nothing. Throws what a redemption would throw. */
  preview(token: string): Promise<InvitationRecord>;
  /**
   * What a redemption with a key that the enrolment service has made would find, consuming nothing, and the passphrase to pack it with. By the redemption
   * itself the passphrase is gone: whoever asks for it first can lose no bundle with an answer.
   */
  prepare(token: string, csr: Uint8Array): Promise<{ readonly record: InvitationRecord; readonly passphrase: string }>;
  /** Turns a token into a certificate, once. A retry with the same token and key gets the same answer. */
  redeem(caller: Caller, request: RedemptionRequest): Promise<Redemption>;
  /** Those whose bundle may still be fetched: until when. Over a start, too. */
  lately(): Promise<readonly { readonly tokenHash: string; readonly until: Date }[]>;
}

export function createRedemptions(context: Context): Redemptions {
  /** By the token's hash, until when. */
  const lately = new Map<string, Date>();
  /** Those of before this start, from the store. */
  let earlier: Promise<void> | undefined;

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

    async prepare(token, csr) {
      const record = await find(token);
      refuseUnlessOpen(record, context.clock.now());
      await refuseUnlessGrantable(record, await readCsr(csr));
      return { record, passphrase: openPassphrase(record, token) };
    },

    async lately() {
      earlier ??= readEarlier().catch((error: unknown) => {
        earlier = undefined;
        throw error;
      });
      await earlier;
      const now = context.clock.now();
      for (const [hash, until] of lately) if (until <= now) lately.delete(hash);
      return [...lately].map(([tokenHash, until]) => ({ tokenHash, until }));
    },
  };

  /** Of all invitations that may still have been open so lately. */
  async function readEarlier(): Promise<void> {
    const oldest = context.clock.now().getTime() - LONGEST_INVITATION_MILLIS - FETCH_MILLIS;
    for (let token = ""; ; ) {
      const { items, nextToken } = await context.store.listInvitations({ size: 1_000, token });
      for (const record of items) note(record);
      const last = items.at(-1);
      if (nextToken === "" || last === undefined || last.createdAt.getTime() < oldest) return;
      token = nextToken;
    }
  }

  function note({ tokenHash, state }: InvitationRecord): void {
    if (state.kind === "redeemed") lately.set(tokenHash, new Date(state.at.getTime() + FETCH_MILLIS));
  }

  async function refuseUnlessGrantable(record: InvitationRecord, csr: Csr): Promise<void> {
    await refuseCompromisedKey(context, csr);
    await (record.renewal ? refuseHeldDevice : refuseTakenName)(context, record.deviceName);
  }

  async function redeemAlone(caller: Caller, request: RedemptionRequest): Promise<Redemption> {
    const found = await find(request.token);
    const isOwnKey = request.proof.length > 0;
    const csr = await readCsr(request.csr);
    const repeated = await redeemedBefore(context, found, csr.publicKeyHash);
    if (repeated !== undefined) return { invitation: found, certificate: repeated };
    refuseUnlessOpen(found, context.clock.now());
    if (isOwnKey && !(await checkProof(found, request.token, csr.publicKey, request.proof)))
      return await refuseWrongProof(context, caller, found);
    await refuseUnlessGrantable(found, csr);
    const { invitation, certificate } = await issueFor(context, caller, found, csr, request.remoteAddress);
    note(invitation);
    context.log("invitation.redeemed", { invitation: found.id, deviceName: found.deviceName, serialNumber: certificate.serialNumber });
    return { invitation, certificate };
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
  const certificate = await context.store.getCertificate({ authority: "devices", serialNumber: record.state.serialNumber });
  // Between the first time and this one, the owner may have changed their mind.
  if (certificate !== undefined) refuseRevoked(certificate, "and the invitation is used up");
  return certificate;
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
