import { randomUUID } from "node:crypto";
import { readCsr } from "../authority/csr.js";
import { LatchkeyError } from "../authority/error.js";
import type { CertificateKey, CertificateRecord } from "../authority/types.js";
import type { Caller } from "./caller.js";
import type { Context } from "./context.js";
import { alreadyIssued } from "./issuance.js";
import { type RevocationOutcome, revokeCertificates } from "./revocation.js";
import { issuedEntry, refuseCompromisedKey, sign } from "./sign-certificate.js";

/** Of one operator, revoked or not, that have not ended: a hook needs two, renews them at two thirds of their life, and may be set up anew. */
const MOST_AT_A_TIME = 10;

/**
 * Issues a canary to a hook (or an admin), for a key that it has made. A repeated `requestId` with the same key gets the same answer.
 * Throws CANARIES_NOT_REFUSED while a door would let canaries in, and TOO_MANY_REQUESTS: a stolen credential makes no more than a few,
 * and so no more than a few CRLs.
 */
export async function issueCanary(
  context: Context,
  caller: Caller,
  request: { readonly csr: Uint8Array; readonly requestId: string },
): Promise<CertificateRecord> {
  const csr = await readCsr(request.csr);
  // Two calls at a time must not both be the last that is allowed.
  return await context.nameLocks.run("operators", caller.name, async () => {
    const repeated = await alreadyIssued(context, request.requestId, "canary", csr);
    if (repeated !== undefined) return repeated;
    refuseOpenDoors(context);
    await refuseTooMany(context, caller);
    await refuseCompromisedKey(context, csr);
    const subject = {
      profile: "canary",
      name: undefined,
      deviceId: randomUUID(),
      owner: caller.name,
      requestId: request.requestId,
    } as const;
    const record = await sign(context, csr, subject);
    await context.store.insertCertificate(record, undefined, issuedEntry(caller, record));
    return record;
  });
}

/** Revokes a canary. Throws CERTIFICATE_NOT_FOUND, for what is none, too, and ROLE_NOT_ALLOWED for another operator's. */
export async function revokeCanary(context: Context, caller: Caller, key: CertificateKey): Promise<RevocationOutcome> {
  const record = await context.store.getCertificate(key);
  if (record?.profile !== "canary")
    throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No canary has the serial number ${key.serialNumber}.`);
  if (caller.role !== "admin" && record.owner !== caller.name)
    throw new LatchkeyError("ROLE_NOT_ALLOWED", `An operator of the role ${caller.role} may revoke its own canaries alone.`);
  return await revokeCertificates(context, caller, { kind: "certificate", key }, "cessationOfOperation", { allowLastAdmin: false });
}

/** A canary is good for every door of this CA: each of them has to have said that it opens its check location to it, and nothing else. */
function refuseOpenDoors({ subscribers }: Context): void {
  const open = subscribers.list().filter(({ record }) => record.refusesCanaries !== true);
  if (open.length === 0) return;
  const names = open.map(({ record }) => `"${record.name}"`).join(", ");
  throw new LatchkeyError(
    "CANARIES_NOT_REFUSED",
    `No canary is issued, since it could come in by the door of ${names}: that hook has not said that its door refuses canaries. Bring its host up to date, and its configuration (docs/nginx-settings.md says how); a door that is no more: \`latchkey revoke\` its operator.`,
  );
}

async function refuseTooMany({ store, clock }: Context, { name }: Caller): Promise<void> {
  const at = clock.now();
  const query = { authority: "devices", profile: "canary", owner: { text: name, match: "exact" }, notAfterAfter: at, at } as const;
  const { items } = await store.listCertificates(query, { size: MOST_AT_A_TIME, token: "" });
  if (items.length < MOST_AT_A_TIME) return;
  throw new LatchkeyError(
    "TOO_MANY_REQUESTS",
    `"${name}" has had ${MOST_AT_A_TIME} canaries that have not ended, and gets no more before one has. If that was not you, revoke it: \`latchkey revoke "${name}"\`.`,
  );
}
