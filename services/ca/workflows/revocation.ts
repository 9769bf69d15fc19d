import { LatchkeyError } from "../authority/error.js";
import { hold, release, revoke, statusOf } from "../authority/revoke.js";
import type { AuthorityId, CertificateRecord, CrlNumber, RevocationReason, SerialNumber } from "../authority/types.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";
import { type Selection, type Selector, select } from "./selection.js";

/** What a revocation, a hold or a release has done, and the CRL that carries it. */
export interface RevocationOutcome {
  readonly authority: AuthorityId;
  readonly serialNumbers: readonly SerialNumber[];
  readonly crlNumber: CrlNumber;
}

/**
 * Revokes (RFC 5280 §5.3.1), in this order: the standing changes in the store (durable), operators' open calls end,
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
  const selection = await select(context, selector);
  if (!options.allowLastAdmin) await refuseLastAdmin(context, selection);
  const at = context.clock.signingTime();
  const outcome = await change(context, caller, selection, "certificate.revoked", (record) => revoke(record, reason, at), { reason });
  await forgetSubscribers(context, caller, selection);
  return outcome;
}

/** Suspends (certificateHold): nginx refuses it, and `release` undoes it. */
export async function holdCertificates(context: Context, caller: Caller, selector: Selector): Promise<RevocationOutcome> {
  const selection = activeOnly(await select(context, selector), selector);
  await refuseLastAdmin(context, selection);
  const at = context.clock.signingTime();
  return await change(context, caller, selection, "certificate.held", (record) => hold(record, at), {});
}

/** Ends a hold: the serial number leaves the CRL, named as released. */
export async function releaseCertificates(context: Context, caller: Caller, selector: Selector): Promise<RevocationOutcome> {
  const selection = heldOnly(await select(context, selector), selector);
  context.clock.signingTime();
  return await change(context, caller, selection, "certificate.released", release, {});
}

async function change(
  context: Context,
  caller: Caller | undefined,
  { authority, records }: Selection,
  event: "certificate.revoked" | "certificate.held" | "certificate.released",
  update: (record: CertificateRecord) => CertificateRecord,
  fields: { reason?: RevocationReason },
): Promise<RevocationOutcome> {
  let changed: readonly CertificateRecord[] = [];
  const after = await context.store.updateCertificates(records, update, (records) => {
    changed = records;
    return {
      time: context.clock.now(),
      event,
      actor: actorOf(caller),
      fields: {
        authority,
        serialNumbers: records.map((record) => record.serialNumber),
        deviceNames: [...new Set(records.map((record) => record.deviceName))],
        ...fields,
      },
    };
  });
  if (authority === "operators")
    context.standing.lost(after.filter((record) => record.status !== "valid").map((record) => record.serialNumber));
  const crl = changed.length === 0 ? await context.crls.settled(authority) : await context.crls.publish(authority, changed);
  if (changed.length > 0)
    context.log(event, {
      authority,
      serialNumbers: changed.map((record) => record.serialNumber),
      crlNumber: String(crl.number),
      ...fields,
    });
  return { authority, serialNumbers: after.map((record) => record.serialNumber), crlNumber: crl.number };
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
