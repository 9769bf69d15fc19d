import { type Csr, readCsr } from "../authority/csr.js";
import { LatchkeyError } from "../authority/error.js";
import { isSignedByHolder } from "../authority/holder-signature.js";
import { statusOf } from "../authority/revoke.js";
import {
  type CertificateKey,
  type CertificateRecord,
  type DeviceName,
  isAdopted,
  isOfDevices,
  leadOf,
  type SerialNumber,
} from "../authority/types.js";
import type { Caller } from "./caller.js";
import type { Context } from "./context.js";
import { alreadyIssued } from "./issuance.js";
import { refuseRevoked } from "./refuse-revoked.js";
import { revokeCertificates } from "./revocation.js";
import { issuedEntry, refuseCompromisedKey, sign } from "./sign-certificate.js";

export interface RenewalRequest {
  /** The certificate to renew; the caller's own when left out. */
  readonly key: CertificateKey | undefined;
  readonly csr: Uint8Array;
  readonly revokeOld: boolean;
  /** Of a device's certificate, by its old key over the new one (`authority/holder-signature.ts`); empty without. */
  readonly holderSignature: Uint8Array;
  readonly requestId: string;
}

/** Issues a new certificate to the holder of an old one: same name, same device id, same role; a key of its own. */
export async function renewCertificate(context: Context, caller: Caller, request: RenewalRequest): Promise<CertificateRecord> {
  const key = request.key ?? { authority: "operators", serialNumber: caller.serialNumber };
  const isOwn = key.authority === "operators" && key.serialNumber === caller.serialNumber;
  const byHolder = !isOwn && caller.role === "enrollment" && isOfDevices(key.authority) && request.holderSignature.length > 0;
  if (!isOwn && !byHolder && caller.role !== "admin") {
    throw new LatchkeyError("ROLE_NOT_ALLOWED", `An operator of the role ${caller.role} may renew its own certificate alone.`);
  }
  const csr = await readCsr(request.csr);
  const old = await find(context, key);
  if (old.profile === "canary")
    throw new LatchkeyError("ROLE_NOT_ALLOWED", "A canary is no device, and is not renewed: its hook asks for another one.");
  if (isAdopted(old.authority) && old.deviceId === "")
    throw new LatchkeyError(
      "DEVICE_NOT_FOUND",
      `Whose certificate ${old.serialNumber} of ${old.authority} is can't be told: several have this number, or nobody had listed it. Invite each device anew (\`latchkey invite NAME\`), then revoke it.`,
    );
  if (byHolder) await refuseUnlessHolder(context, old, csr, request);
  // What a device has signed once can be sent again by whoever has heard it: it gets the same answer, and no second certificate.
  const requestId = byHolder ? `renewal ${old.serialNumber} ${csr.publicKeyHash}` : request.requestId;
  const asking = { caller: byHolder ? { ...caller, device: old.deviceName } : caller, requestId };
  const record = await context.nameLocks.run(leadOf(key.authority), old.deviceName, () => renew(context, asking, key, csr));
  // A hold is the owner's, and no device may make a revocation of it.
  const mayRevoke = request.revokeOld && (!byHolder || (await find(context, key)).status === "valid");
  if (mayRevoke) await revokeCertificates(context, asking.caller, { kind: "certificate", key }, "superseded", { allowLastAdmin: true });
  return record;
}

/** Looks again, now that nobody else can revoke or renew it. */
async function renew(
  context: Context,
  { caller, requestId }: { caller: Caller; requestId: string },
  key: CertificateKey,
  csr: Csr,
): Promise<CertificateRecord> {
  const old = await find(context, key);
  const repeated = await alreadyIssued(context, requestId, old.profile, csr);
  if (repeated !== undefined) return repeated;
  // An expired one may be renewed by an admin.
  refuseRevoked(old, "and can't be renewed");
  if (caller.device !== undefined) context.allowances.take("renewals", { ...caller, name: caller.device });
  else context.allowances.take("certificates", caller);
  await refuseCompromisedKey(context, csr);
  const record = await sign(context, csr, {
    profile: old.profile,
    // Of `servers`, the names that are certified are all that it has.
    name: old.authority === "servers" ? undefined : (old.deviceName as DeviceName),
    ...(old.operatorRole === "" ? {} : { role: old.operatorRole }),
    serverNames: old.serverNames,
    deviceId: old.deviceId,
    owner: old.owner,
    requestId,
  });
  const entry = issuedEntry(caller, record);
  await context.store.insertCertificate(record, undefined, {
    ...entry,
    fields: { ...entry.fields, renews: old.serialNumber },
    event: "certificate.renewed",
  });
  context.log("certificate.renewed", {
    authority: record.authority,
    deviceName: record.deviceName,
    serialNumber: record.serialNumber,
    renews: old.serialNumber,
  });
  return record;
}

async function find(context: Context, key: CertificateKey): Promise<CertificateRecord> {
  const record = await context.store.getCertificate(key);
  if (record !== undefined) return record;
  throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No certificate of ${key.authority} has the serial number ${key.serialNumber}.`);
}

/** Throws PROOF_WRONG, and CERTIFICATE_EXPIRED: who has been late proves nothing any more. */
async function refuseUnlessHolder(context: Context, old: CertificateRecord, csr: Csr, request: RenewalRequest): Promise<void> {
  if (statusOf(old, context.clock.now()) === "expired") {
    throw new LatchkeyError(
      "CERTIFICATE_EXPIRED",
      `The certificate of "${old.deviceName}" has ended. Invite the device again: \`latchkey invite --renew "${old.deviceName}"\`.`,
    );
  }
  // An adopted CA's number may have a sign octet, which no program shows to the device's owner.
  const serialNumber = old.serialNumber.replace(/^00(?=..)/, "") as SerialNumber;
  const wish = { serialNumber, revokeOld: request.revokeOld, publicKey: csr.publicKey };
  if (await isSignedByHolder(old.der, wish, request.holderSignature)) return;
  throw new LatchkeyError(
    "PROOF_WRONG",
    "The signature over the new key was not made by the key of the certificate that is to be renewed.",
  );
}
