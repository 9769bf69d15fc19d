import { LatchkeyError } from "../authority/error.js";
import { hold, refuseReasonOfHold, release, revoke, statusOf } from "../authority/revoke.js";
import {
  type CertificateRecord,
  type CrlNumber,
  isAdopted,
  type leadOf,
  type RevocationReason,
  type SerialNumber,
} from "../authority/types.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";
import { authoritiesOfDevices } from "./device-names.js";
import { cancelOpenInvitations } from "./invitations.js";
import { certificateName, type Selection, type Selector, select } from "./selection.js";
import { unknownCertificate } from "./unknown-certificate.js";

/** What a revocation, a hold or a release has done, and the CRL that carries it. */
export interface RevocationOutcome {
  /** Whose CRL number it is: of adopted CAs' certificates that of `devices`, which vouches for their CRLs. */
  readonly authority: ReturnType<typeof leadOf>;
  readonly serialNumbers: readonly SerialNumber[];
  /** Whose they are. */
  readonly deviceNames: readonly string[];
  readonly crlNumber: CrlNumber;
  /** The devices whose open invitations ended with it: else the lost phone's link would still open the door. */
  readonly canceledInvitations: readonly string[];
  /** Of one that was named by its serial number: the same device's others, which open the door as before. */
  readonly standing: readonly SerialNumber[];
}

/**
 * Revokes (RFC 5280 §5.3.1), in this order: an adopted CA that is revoked as a whole is trusted no more (durable), open invitations of the same devices end, the standing changes in the store (durable), operators' open calls end,
 * a CRL that carries it is signed, stored and handed to every subscriber. Only then it answers.
 * Killed in between, the next start signs a CRL from the store.
 */
export async function revokeCertificates(
  context: Context,
  caller: Caller | undefined,
  selector: Selector,
  reason: RevocationReason,
  options: { allowLastAdmin: boolean },
): Promise<RevocationOutcome> {
  refuseReasonOfHold(reason);
  await takeInUnlisted(context, caller, selector);
  // Before its certificates: whatever nobody has on record is refused by this alone.
  if (selector.kind === "authority") await context.authorities.revoke(selector.authority, context.clock.signingTime(), actorOf(caller));
  return await alone(context, selector, async (selection) => {
    if (!options.allowLastAdmin) await refuseLastAdmin(context, selection);
    const at = context.clock.signingTime();
    const update = (record: CertificateRecord) => revoke(record, reason, at);
    // What is refused is refused before an invitation ends for it.
    for (const record of selection.records) update(record);
    const canceledInvitations = await cancelInvitations(context, caller, selector, selection);
    const outcome = await change(context, caller, selection, "certificate.revoked", update, { reason }).catch(async (error: unknown) => {
      // It may be recorded all the same, and nobody comes back to this.
      await forgetSubscribers(context, caller, selection).catch(() => {});
      throw error;
    });
    await forgetSubscribers(context, caller, selection);
    return { ...outcome, canceledInvitations, standing: await others(context, selector, selection) };
  });
}

/** Suspends (certificateHold): nginx refuses it, and `release` undoes it. */
export async function holdCertificates(context: Context, caller: Caller, selector: Selector): Promise<RevocationOutcome> {
  return await alone(context, selector, async (selected) => {
    const selection = activeOnly(selected, selector);
    await refuseLastAdmin(context, selection);
    const at = context.clock.signingTime();
    const update = (record: CertificateRecord) => hold(record, at);
    for (const record of selection.records) update(record);
    const canceledInvitations = await cancelInvitations(context, caller, selector, selection);
    const outcome = await change(context, caller, selection, "certificate.held", update, {});
    return { ...outcome, canceledInvitations, standing: await others(context, selector, selection) };
  });
}

/** Ends a hold: the serial number leaves the CRL, named as released. */
export async function releaseCertificates(context: Context, caller: Caller, selector: Selector): Promise<RevocationOutcome> {
  return await alone(context, selector, async (selected) => {
    context.clock.signingTime();
    const outcome = await change(context, caller, heldOnly(selected, selector), "certificate.released", release, {});
    return { ...outcome, canceledInvitations: [], standing: [] };
  });
}

/** What an adopted CA has issued without anybody having listed it opens the door, too: it can be revoked by its number, if it exists or not. */
async function takeInUnlisted(context: Context, caller: Caller | undefined, selector: Selector): Promise<void> {
  if (selector.kind !== "certificate" || !isAdopted(selector.key.authority)) return;
  if ((await context.store.getCertificate(selector.key)) !== undefined) return;
  const at = context.clock.signingTime();
  const record = unknownCertificate(context, selector.key, "(not listed)", at);
  const fields = { ...selector.key, deviceName: record.deviceName };
  const entry = { time: at, event: "certificate.adopted", actor: actorOf(caller), fields } as const;
  await context.store.insertCertificate({ ...record, status: "valid" }, undefined, entry).catch((error: unknown) => {
    // Somebody else was faster.
    if (!(error instanceof LatchkeyError && error.code === "SERIAL_NUMBER_EXISTS")) throw error;
  });
}

/** All the operators at once: of two that revoke each other, one must see that it would be the last. */
const EVERY_OPERATOR = "";

/** Selects again once nobody else can issue to, renew, revoke or release those that were selected. */
async function alone<T>(context: Context, selector: Selector, work: (selection: Selection) => Promise<T>): Promise<T> {
  for (;;) {
    const { authority, names } = await select(context, selector);
    const all = authority === "operators" ? [EVERY_OPERATOR, ...names] : names;
    const done = await context.nameLocks.runAll(authority, all, async () => {
      const selection = await select(context, selector);
      // An owner has got another device meanwhile: that one must be held fast, too.
      if (!selection.names.every((name) => names.includes(name))) return undefined;
      return { result: await work(selection) };
    });
    if (done !== undefined) return done.result;
  }
}

/**
 * A serial number means one certificate, a name or an owner everything that it may come in by. Of an old CA's devices the invitations to new
 * certificates stay.
 */
async function cancelInvitations(
  context: Context,
  caller: Caller | undefined,
  selector: Selector,
  { authority, names }: Selection,
): Promise<readonly string[]> {
  if (authority !== "devices" || selector.kind === "certificate" || selector.kind === "authority") return [];
  return await cancelOpenInvitations(context, caller, names);
}

/** The valid certificates that the holder has besides: a device may have renewed itself. */
async function others(context: Context, selector: Selector, { authority, records }: Selection): Promise<readonly SerialNumber[]> {
  const [record] = records;
  // Of one that nobody had listed, nobody knows whose it is.
  if (selector.kind !== "certificate" || authority === "servers" || record === undefined || record.deviceId === "") return [];
  const query = { status: "valid", deviceName: { text: record.deviceName, match: "exact" }, at: context.clock.now() } as const;
  const authorities = authority === "devices" ? authoritiesOfDevices(context) : [authority];
  const pages = authorities.map((one) => context.store.listCertificates({ ...query, authority: one }, { size: 100, token: "" }));
  const found = (await Promise.all(pages)).flatMap(({ items }) => items);
  return found.filter((other) => certificateName(other) !== certificateName(record)).map(({ serialNumber }) => serialNumber);
}

async function change(
  context: Context,
  caller: Caller | undefined,
  { authority, records }: Selection,
  event: "certificate.revoked" | "certificate.held" | "certificate.released",
  update: (record: CertificateRecord) => CertificateRecord,
  fields: { reason?: RevocationReason },
): Promise<Omit<RevocationOutcome, "canceledInvitations" | "standing">> {
  let changed: readonly CertificateRecord[] = [];
  const after = await context.store.updateCertificates(records, update, (records) => {
    changed = records;
    return {
      time: context.clock.now(),
      event,
      actor: actorOf(caller),
      fields: {
        authority,
        // Several authorities' may be among them: the number alone does not say which.
        ...(records.some((record) => record.authority !== authority) ? { certificates: records.map(certificateName) } : {}),
        serialNumbers: records.map((record) => record.serialNumber),
        deviceNames: [...new Set(records.map((record) => record.deviceName))],
        ...fields,
      },
    };
  });
  if (authority === "operators")
    context.standing.lost(after.filter((record) => record.status !== "valid").map((record) => record.serialNumber));
  const serialNumbers = changed.map((record) => record.serialNumber);
  const tell = (more: { crlNumber?: string }) => {
    if (changed.length > 0) context.log(event, { authority, serialNumbers, ...more, ...fields });
  };
  const publish = changed.length === 0 ? context.crls.settled(authority, after) : context.crls.publish(authority, changed);
  const crl = await publish.catch((error: unknown) => {
    tell({});
    throw refusalOfUnsigned(error);
  });
  tell({ crlNumber: String(crl.number) });
  const deviceNames = [...new Set(after.map((record) => record.deviceName))];
  return { authority, serialNumbers: after.map((record) => record.serialNumber), deviceNames, crlNumber: crl.number };
}

/** What is recorded stays so, and must not read as if nothing had happened. */
function refusalOfUnsigned(cause: unknown): LatchkeyError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LatchkeyError(
    "CRL_NOT_SIGNED",
    `It is recorded, but nginx does not know yet: the CRL that carries it could not be signed and stored. The CA tries again every minute. (${why})`,
    { cause },
  );
}

/** By a device's name, what is revoked already stays so; by its serial number, the caller is told. */
function activeOnly(selection: Selection, selector: Selector): Selection {
  if (selector.kind === "certificate") return selection;
  const records = selection.records.filter((record) => record.status !== "revoked");
  return records.length === 0 ? selection : { ...selection, records };
}

function heldOnly(selection: Selection, selector: Selector): Selection {
  if (selector.kind === "certificate") return selection;
  const records = selection.records.filter((record) => record.status === "held");
  return records.length === 0 ? selection : { ...selection, records };
}

/** Throws LAST_ADMIN if nobody who may administrate would be left. */
async function refuseLastAdmin(context: Context, { authority, records }: Selection): Promise<void> {
  const isStandingAdmin = (record: CertificateRecord) =>
    record.operatorRole === "admin" && statusOf(record, context.clock.now()) === "valid";
  if (authority !== "operators" || !records.some(isStandingAdmin)) return;
  const query = { authority: "operators", status: "valid", operatorRole: "admin", at: context.clock.now() } as const;
  const { items } = await context.store.listCertificates(query, { size: 1000, token: "" });
  const going = new Set(records.map((record) => record.serialNumber));
  if (items.every((record) => going.has(record.serialNumber))) {
    throw new LatchkeyError(
      "LAST_ADMIN",
      "This is the last administrator: without it nobody can invite or revoke. Add another one first (`latchkey operator add`), or say `--yes`; `latchkey operator add --local` on the CA's host brings one back.",
    );
  }
}

/** A hook whose operator is revoked is no door any more: nobody waits for it. */
async function forgetSubscribers(context: Context, caller: Caller | undefined, { authority, records }: Selection): Promise<void> {
  if (authority !== "operators") return;
  for (const name of new Set(records.filter((record) => record.operatorRole === "nginx").map((record) => record.deviceName))) {
    const query = { authority: "operators", status: "valid", deviceName: { text: name, match: "exact" }, at: context.clock.now() } as const;
    const { items } = await context.store.listCertificates(query, { size: 1, token: "" });
    if (items.length === 0) await context.subscribers.remove(name, actorOf(caller));
  }
}
