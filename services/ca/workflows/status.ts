import { stateAt } from "../authority/invitation.js";
import { type AuthorityId, type CrlRecord, isAdopted } from "../authority/types.js";
import type { Context } from "./context.js";
import { daysBehind } from "./crl-behind.js";
import type { SubscriberState } from "./subscribers.js";

export interface Status {
  readonly authorities: readonly AuthorityStatus[];
  readonly subscribers: readonly SubscriberState[];
  readonly certificates: { readonly issued: number; readonly revoked: number; readonly held: number };
  readonly openInvitations: number;
  readonly domains: readonly string[];
  readonly warnings: readonly StatusWarning[];
}

export interface AuthorityStatus {
  readonly id: AuthorityId;
  readonly notAfter: Date;
  readonly keyAlgorithm: string;
  readonly crl: CrlRecord | undefined;
  readonly revokedCount: number;
  readonly isCrlOwed: boolean;
}

export interface StatusWarning {
  readonly code: string;
  readonly message: string;
}

const DAY_MILLIS = 24 * 3600_000;

/** How the CA is, and what its owner should look at, most urgent first. */
export async function readStatus(context: Context, standingWarnings: readonly StatusWarning[]): Promise<Status> {
  const at = context.clock.now();
  const authorities = context.authorities.ids().map((id) => describe(context, id));
  const subscribers = context.subscribers.list();
  const invitations = await context.store.openInvitations();
  return {
    authorities,
    subscribers,
    certificates: await context.store.countCertificates(),
    openInvitations: invitations.filter((invitation) => stateAt(invitation, at) === "open").length,
    domains: context.authorities.domains(),
    warnings: [
      ...clockWarnings(context),
      ...authorities.flatMap((authority) => authorityWarnings(authority, at)),
      ...subscribers.flatMap((subscriber) => subscriberWarnings(subscriber, context)),
      ...standingWarnings,
    ],
  };
}

function describe(context: Context, id: AuthorityId): AuthorityStatus {
  const { authority } = context.authorities.get(id);
  return {
    id,
    notAfter: authority.notAfter,
    keyAlgorithm: authority.signer.keyAlgorithm,
    crl: context.crls.current(id),
    revokedCount: context.crls.entryCount(id),
    isCrlOwed: context.crls.isOwed(id),
  };
}

function clockWarnings(context: Context): StatusWarning[] {
  const trouble = context.clock.trouble();
  return trouble === undefined ? [] : [{ code: trouble.code, message: trouble.message }];
}

function authorityWarnings({ id, notAfter, crl, isCrlOwed }: AuthorityStatus, at: Date): StatusWarning[] {
  // Of a CA that was adopted and has ended, every certificate has: nobody waits for its CRL.
  if (isAdopted(id) && notAfter <= at) return [];
  const warnings: StatusWarning[] = [];
  if (isCrlOwed) {
    warnings.push({
      code: "CRL_NOT_SIGNED",
      message: `A revocation, hold or release of ${id} is recorded, but no CRL carries it yet: signing or storing it failed, and is tried every minute. Look at the CA's log.`,
    });
  }
  const days = daysBehind(crl, at);
  if (days !== undefined) {
    const expiry = crl === undefined ? "there is none" : `it expires ${crl.nextUpdate.toISOString()}, and then nginx refuses everybody`;
    warnings.push({
      code: "CRL_BEHIND",
      message: `The CRL of ${id} has not been signed for ${days} days: ${expiry}. Look at the CA's log.`,
    });
  }
  const daysLeft = (notAfter.getTime() - at.getTime()) / DAY_MILLIS;
  if (daysLeft < 365) {
    warnings.push({
      code: "AUTHORITY_ENDS",
      message: `The authority ${id} ends in ${Math.floor(daysLeft)} days: nothing it signs lives longer.`,
    });
  }
  return warnings;
}

function subscriberWarnings({ record, connected, heldCrl, sharedBy }: SubscriberState, context: Context): StatusWarning[] {
  const warnings: StatusWarning[] = [];
  const current = context.crls.current("devices");
  if (record.problem !== "") warnings.push({ code: record.problem, message: `${record.name}: ${record.problemDetail}` });
  for (const { code, message } of record.warnings ?? []) warnings.push({ code, message: `${record.name}: ${message}` });
  if (sharedBy !== undefined)
    warnings.push({
      code: "CREDENTIAL_SHARED",
      message: `${record.name} is more than one hook: they report in turn, from ${sharedBy.join(" and ")}. What is said of it is of whichever reported last, and a revocation counts as enforced as soon as one of them enforces it. Give each its own credential: \`latchkey operator add NAME --role nginx\`.`,
    });
  if (!connected) {
    const end = record.enforcedNextUpdate === undefined ? "" : ` Its CRL ends ${record.enforcedNextUpdate.toISOString()}.`;
    warnings.push({
      code: "SUBSCRIBER_AWAY",
      message: `${record.name} is not connected: it enforces what it has, and learns of no new revocation.${end}`,
    });
  } else if (record.problem === "" && current !== undefined && (record.enforcedCrlNumber ?? 0n) < current.number) {
    warnings.push({ code: "SUBSCRIBER_BEHIND", message: `${record.name} does not enforce the newest CRL (${current.number}) yet.` });
  }
  if (heldCrl !== undefined) {
    warnings.push({
      code: "REVOCATIONS_FORGOTTEN",
      message: `${record.name} holds a CRL with revocations that this CA has forgotten: \`latchkey crl restore --from "${record.name}"\`.`,
    });
  }
  return warnings;
}
