import { randomUUID } from "node:crypto";
import { type Csr, readCsr } from "../authority/csr.js";
import { parseDeviceName } from "../authority/device-name.js";
import { LatchkeyError } from "../authority/error.js";
import { refuseForeignNames } from "../authority/profile.js";
import type { CertificateRecord, OperatorRole, ProfileId } from "../authority/types.js";
import type { Caller } from "./caller.js";
import type { Context } from "./context.js";
import { deviceFor, refuseTakenName } from "./device-names.js";
import { refuseRevoked } from "./refuse-revoked.js";
import { issuedEntry, refuseCompromisedKey, sign } from "./sign-certificate.js";

export interface IssuanceRequest {
  readonly csr: Uint8Array;
  /** A canary is issued by itself (`canaries.ts`). */
  readonly profile: Exclude<ProfileId, "canary">;
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
    case "profile-signer":
      return await issueToProfileSigner(context, caller, request, csr);
  }
}

/**
 * What a call with this id and key was answered before. Throws FIELD_INVALID for an id that another key or profile has used, and
 * CERTIFICATE_REVOKED where that answer opens nothing any more: who asks again after a crash would take it for a success.
 */
export async function alreadyIssued(
  context: Context,
  requestId: string,
  profile: ProfileId,
  csr: Csr,
): Promise<CertificateRecord | undefined> {
  if (requestId === "") return undefined;
  const record = await context.store.getCertificateByRequestId(requestId);
  if (record === undefined) return undefined;
  if (record.publicKeyHash === csr.publicKeyHash && record.profile === profile) {
    refuseRevoked(record, "and was issued for this very request: no other is issued for it");
    return record;
  }
  throw new LatchkeyError("FIELD_INVALID", "This request_id belongs to another request: make a new one (a UUID).", {
    violations: [{ field: "request_id", description: "was used for another key or profile" }],
  });
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

/** What signs iPhones' profiles, and nothing else: the certificate bears no name that it could serve. */
export async function issueToProfileSigner(
  context: Context,
  caller: Caller | undefined,
  request: Pick<IssuanceRequest, "deviceName" | "serverNames" | "requestId" | "owner">,
  csr: Csr,
): Promise<CertificateRecord> {
  const { deviceName, serverNames, requestId } = request;
  if (caller !== undefined) context.allowances.take("certificates", caller);
  const record = await sign(context, csr, {
    profile: "profile-signer",
    name: deviceName === "" ? undefined : parseDeviceName(deviceName),
    serverNames,
    deviceId: randomUUID(),
    owner: caller?.name ?? request.owner,
    requestId,
  });
  await context.store.insertCertificate(record, undefined, issuedEntry(caller, record));
  return record;
}
