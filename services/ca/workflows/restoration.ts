import { readCrl, verifyCrl } from "../authority/crl.js";
import { LatchkeyError } from "../authority/error.js";
import { hold, revoke } from "../authority/revoke.js";
import { type CertificateKey, type CertificateRecord, leadOf, type RevocationReason } from "../authority/types.js";
import type { AuditEntry } from "../store/store.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";
import type { RevocationOutcome } from "./revocation.js";
import { unknownCertificate } from "./unknown-certificate.js";

/**
 * Brings back revocations that this CA, restored from an older backup, has forgotten: from a CRL that it signed itself.
 * A certificate that the backup does not know at all comes back as a revoked record without its DER.
 * Throws CRL_INVALID for a CRL of anybody else.
 */
export async function restoreRevocations(context: Context, caller: Caller, bytes: Uint8Array): Promise<RevocationOutcome> {
  const crl = readCrl(bytes);
  for (const id of context.authorities.ids()) {
    const { authority } = context.authorities.get(id);
    if (!(await verifyCrl(crl, authority))) continue;
    const at = context.clock.signingTime();
    const restored: CertificateRecord[] = [];
    for (const { serialNumber, revokedAt, reason } of crl.entries()) {
      const key: CertificateKey = { authority: id, serialNumber };
      const audit: AuditEntry = {
        time: at,
        event: "crl.restored",
        actor: actorOf(caller),
        fields: { authority: id, serialNumber, reason, fromCrl: String(crl.number) },
      };
      const known = await context.store.getCertificate(key);
      if (known === undefined) {
        const record = forgotten(context, key, revokedAt, reason);
        await context.store.insertCertificate(record, undefined, audit);
        restored.push(record);
      } else if (known.status === "valid" || (known.status === "held" && reason !== "certificateHold")) {
        const update = (record: CertificateRecord) =>
          reason === "certificateHold" ? hold(record, revokedAt) : revoke(record, reason, revokedAt);
        restored.push(...(await context.store.updateCertificates([key], update, () => audit)));
      }
    }
    const published = restored.length === 0 ? await context.crls.settled(id) : await context.crls.publish(id, restored);
    const serialNumbers = restored.map((record) => record.serialNumber);
    const deviceNames = [...new Set(restored.map((record) => record.deviceName))];
    return { authority: leadOf(id), serialNumbers, deviceNames, crlNumber: published.number, canceledInvitations: [], standing: [] };
  }
  throw new LatchkeyError("CRL_INVALID", "This CRL was not signed by this CA: nothing was restored.");
}

function forgotten(context: Context, key: CertificateKey, revokedAt: Date, reason: RevocationReason): CertificateRecord {
  const identity = unknownCertificate(context, key, "(forgotten)", revokedAt);
  return reason === "certificateHold" ? { ...identity, status: "held", revokedAt } : { ...identity, status: "revoked", revokedAt, reason };
}
