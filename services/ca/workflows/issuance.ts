import { createHash, randomBytes, randomUUID } from "node:crypto";
import { type Csr, readCsr } from "../authority/csr.js";
import { parseDeviceName } from "../authority/device-name.js";
import { LatchkeyError } from "../authority/error.js";
import { issue } from "../authority/issue.js";
import { AUTHORITY_OF_PROFILE, checkRequest, refuseForeignNames, validity } from "../authority/profile.js";
import { statusOf } from "../authority/revoke.js";
import { serialNumberFrom } from "../authority/serial-number.js";
import type { CertificateRecord, DeviceName, DeviceRecord, OperatorRole, ProfileId } from "../authority/types.js";
import type { AuditEntry } from "../store/store.js";
import { actorOf, type Caller } from "./caller.js";
import type { Context } from "./context.js";

export interface IssuanceRequest {
  readonly csr: Uint8Array;
  readonly profile: ProfileId;
  readonly deviceName: string;
  readonly owner: string;
  readonly operatorRole?: OperatorRole;
  readonly serverNames: readonly string[];
  readonly requestId: string;
}

/** Issues a certificate and stores it; nobody sees it before it is durable. A repeated `requestId` with the same key gets the same answer. */
export async function issueCertificate(context: Context, caller: Caller | undefined, request: IssuanceRequest): Promise<CertificateRecord> {
  const csr = await readCsr(request.csr);
  const repeated = await alreadyIssued(context, request.requestId, request.profile, csr);
  if (repeated !== undefined) return repeated;
  await refuseCompromisedKey(context, csr);
  switch (request.profile) {
    case "device":
      return await issueToDevice(context, caller, request, csr);
    case "operator":
      return await issueToOperator(context, caller, request, csr);
    case "server":
      return await issueToServer(context, caller, request, csr);
  }
}

/** What a call with this id and key was answered before. Throws FIELD_INVALID for an id that another key or profile has used. */
export async function alreadyIssued(
  context: Context,
  requestId: string,
  profile: ProfileId,
  csr: Csr,
): Promise<CertificateRecord | undefined> {
  if (requestId === "") return undefined;
  const record = await context.store.getCertificateByRequestId(requestId);
  if (record === undefined) return undefined;
  if (record.publicKeyHash === csr.publicKeyHash && record.profile === profile) return record;
  throw new LatchkeyError("FIELD_INVALID", "This request_id belongs to another request: make a new one (a UUID).", {
    violations: [{ field: "request_id", description: "was used for another key or profile" }],
  });
}

/** Throws KEY_COMPROMISED for a key that a certificate revoked for keyCompromise used. */
export async function refuseCompromisedKey(context: Context, csr: Csr): Promise<void> {
  if (await context.store.isKeyCompromised(csr.publicKeyHash)) {
    throw new LatchkeyError("KEY_COMPROMISED", "A certificate with this key was revoked because the key was compromised: make a new key.");
  }
}

async function issueToDevice(context: Context, caller: Caller | undefined, request: IssuanceRequest, csr: Csr): Promise<CertificateRecord> {
  const name = parseDeviceName(request.deviceName);
  return await context.nameLocks.run("devices", name, async () => {
    await refuseTakenName(context, name);
    const device = await deviceFor(context, name, request.owner);
    const record = await sign(context, csr, {
      profile: "device",
      name,
      deviceId: device.id,
      owner: device.owner,
      requestId: request.requestId,
    });
    await context.store.insertCertificate(record, device, issuedEntry(caller, record));
    return record;
  });
}

/** Throws OPERATOR_NAME_TAKEN, and NAME_NOT_ALLOWED for names that it may never get a certificate for. */
export async function issueToOperator(
  context: Context,
  caller: Caller | undefined,
  request: Pick<IssuanceRequest, "deviceName" | "operatorRole" | "serverNames" | "requestId">,
  csr: Csr,
): Promise<CertificateRecord> {
  const name = parseDeviceName(request.deviceName);
  const role = request.operatorRole;
  if (role === undefined) {
    throw new LatchkeyError("FIELD_INVALID", "An operator needs a role: admin, viewer, nginx or enrollment.", {
      violations: [{ field: "operator_role", description: "is missing" }],
    });
  }
  // The CA itself names its own operators as its settings say. A person is told now, not when nginx gets no certificate.
  if (caller !== undefined && (role === "nginx" || role === "enrollment"))
    refuseForeignNames(request.serverNames, context.authorities.get("servers").authority);
  return await context.nameLocks.run("operators", name, async () => {
    const { items } = await context.store.listCertificates(
      { authority: "operators", status: "valid", deviceName: { text: name, match: "exact" }, at: context.clock.now() },
      { size: 1, token: "" },
    );
    // The CA itself replaces its own operators (the first admin, the enrolment service, the gRPC server) as it needs.
    if (items.length > 0 && caller !== undefined) {
      throw new LatchkeyError(
        "OPERATOR_NAME_TAKEN",
        `There is an operator "${name}" already: revoke it first (\`latchkey revoke "${name}"\`), or choose another name.`,
      );
    }
    const serverNames = request.serverNames;
    const record = await sign(context, csr, {
      profile: "operator",
      name,
      role,
      serverNames,
      deviceId: randomUUID(),
      owner: "",
      requestId: request.requestId,
    });
    await context.store.insertCertificate(record, undefined, issuedEntry(caller, record));
    return record;
  });
}

/** To a caller who may serve these names; `owner` is for what the CA issues of its own accord. */
export async function issueToServer(
  context: Context,
  caller: Caller | undefined,
  request: Pick<IssuanceRequest, "serverNames" | "requestId" | "owner">,
  csr: Csr,
): Promise<CertificateRecord> {
  const { serverNames, requestId } = request;
  if (caller !== undefined) context.allowances.take("certificates", caller);
  const mayServe = caller?.mayServe;
  const record = await sign(context, csr, {
    profile: "server",
    name: undefined,
    serverNames,
    ...(mayServe === undefined ? {} : { mayServe }),
    deviceId: randomUUID(),
    owner: caller?.name ?? request.owner,
    requestId,
  });
  await context.store.insertCertificate(record, undefined, issuedEntry(caller, record));
  return record;
}

/** Throws DEVICE_NAME_TAKEN if a device of this name has a certificate that is valid or held. */
export async function refuseTakenName(context: Context, name: DeviceName): Promise<void> {
  if ((await hasDeviceCertificate(context, name, "valid")) || (await hasDeviceCertificate(context, name, "held"))) {
    throw new LatchkeyError(
      "DEVICE_NAME_TAKEN",
      `There is a device "${name}" already. If it is the same phone, renew it: \`latchkey invite --renew "${name}"\`. If it is another one, choose another name.`,
    );
  }
}

/** Throws CERTIFICATE_REVOKED if the device is held: a renewal must not be a way round it. */
export async function refuseHeldDevice(context: Context, name: DeviceName): Promise<void> {
  if (await hasDeviceCertificate(context, name, "held")) {
    throw new LatchkeyError(
      "CERTIFICATE_REVOKED",
      `"${name}" is held, and gets no new certificate. Release it first (\`latchkey release "${name}"\`), or revoke it and invite it anew.`,
    );
  }
}

async function hasDeviceCertificate(context: Context, name: DeviceName, status: "valid" | "held"): Promise<boolean> {
  if ((await context.store.getDevice(name)) === undefined) return false;
  const query = { authority: "devices", status, deviceName: { text: name, match: "exact" }, at: context.clock.now() } as const;
  const { items } = await context.store.listCertificates(query, { size: 1, token: "" });
  return items.length > 0;
}

/** The device of this name, or a new one: its id stays over renewals, and over a revocation and a new start. */
export async function deviceFor(context: Context, name: DeviceName, owner: string): Promise<DeviceRecord> {
  const known = await context.store.getDevice(name);
  if (known !== undefined) return { ...known, owner: owner === "" ? known.owner : owner };
  return { name, id: randomUUID(), owner, createdAt: context.clock.now() };
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

/** Is the certificate good for renewal: neither revoked nor held? An expired one may be renewed by an admin. */
export function refuseUnrenewable(record: CertificateRecord, at: Date): void {
  const status = statusOf(record, at);
  if (status === "revoked" || status === "held") {
    throw new LatchkeyError(
      "CERTIFICATE_REVOKED",
      `The certificate of "${record.deviceName}" is ${status} and can't be renewed. ${status === "held" ? `Release it first: \`latchkey release "${record.deviceName}"\`.` : `Invite the device again: \`latchkey invite "${record.deviceName}"\`.`}`,
    );
  }
}
