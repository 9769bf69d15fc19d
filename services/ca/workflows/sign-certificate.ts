import { createHash, randomBytes } from "node:crypto";
import type { Csr } from "../authority/csr.js";
import { LatchkeyError } from "../authority/error.js";
import { issue } from "../authority/issue.js";
import { AUTHORITY_OF_PROFILE, checkRequest, validity } from "../authority/profile.js";
import { serialNumberFrom } from "../authority/serial-number.js";
import type { CertificateRecord, DeviceName, OperatorRole, ProfileId } from "../authority/types.js";
import type { AuditEntry } from "../store/store.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";

/** Throws KEY_COMPROMISED for a key that a certificate revoked for keyCompromise used. */
export async function refuseCompromisedKey(context: Context, csr: Csr): Promise<void> {
  if (await context.store.isKeyCompromised(csr.publicKeyHash)) {
    throw new LatchkeyError("KEY_COMPROMISED", "A certificate with this key was revoked because the key was compromised: make a new key.");
  }
}

interface Subject {
  readonly profile: ProfileId;
  readonly name: DeviceName | undefined;
  readonly role?: OperatorRole;
  readonly serverNames?: readonly string[];
  readonly mayServe?: readonly string[];
  readonly deviceId: string;
  readonly owner: string;
  readonly requestId: string;
}

/** Checks, prepares and signs. What comes back is not stored yet, and must not leave the process before it is. */
export async function sign(context: Context, csr: Csr, subject: Subject): Promise<CertificateRecord> {
  const { authority, issuer } = context.authorities.get(AUTHORITY_OF_PROFILE[subject.profile]);
  const request = checkRequest(
    {
      profile: subject.profile,
      csr,
      deviceName: subject.name,
      serverNames: subject.serverNames ?? [],
      ...(subject.role === undefined ? {} : { operatorRole: subject.role }),
      ...(subject.mayServe === undefined ? {} : { mayServe: subject.mayServe }),
    },
    authority,
  );
  const { device, server, operator } = context.settings.profiles;
  const at = context.clock.signingTime();
  const { notBefore, notAfter } = validity(
    subject.profile,
    { device: device.days, server: server.days, operator: operator.days },
    at,
    authority,
  );
  const serialNumber = serialNumberFrom(randomBytes(16));
  const der = await issue(issuer.prepare({ request, serialNumber, deviceId: subject.deviceId, notBefore, notAfter }), authority);
  return {
    authority: authority.id,
    serialNumber,
    profile: subject.profile,
    deviceName: request.holder,
    deviceId: subject.deviceId,
    owner: subject.owner,
    operatorRole: subject.role ?? "",
    serverNames: request.serverNames,
    notBefore,
    notAfter,
    issuedAt: at,
    keyAlgorithm: csr.keyAlgorithm,
    publicKeyHash: csr.publicKeyHash,
    requestId: subject.requestId,
    der,
    status: "valid",
  };
}

export function issuedEntry(caller: Caller | undefined, record: CertificateRecord): AuditEntry {
  return {
    time: record.issuedAt,
    event: "certificate.issued",
    actor: actorOf(caller),
    fields: {
      authority: record.authority,
      serialNumber: record.serialNumber,
      profile: record.profile,
      deviceName: record.deviceName,
      fingerprint: createHash("sha256").update(record.der).digest("hex"),
      ...(record.operatorRole === "" ? {} : { operatorRole: record.operatorRole }),
      ...(record.serverNames.length === 0 ? {} : { serverNames: record.serverNames }),
    },
  };
}
