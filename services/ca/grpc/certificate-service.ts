import type {
  BatchIssueCertificatesResponse,
  CertificateSelector,
  CertificateServiceServer,
  HoldCertificateResponse,
  IssueCertificateRequest,
  IssueCertificateResponse,
} from "../../../generated/latchkey/v1/certificate_service.js";
import { LatchkeyError } from "../authority/error.js";
import { parseReason, statusOf } from "../authority/revoke.js";
import { ADOPTED_IDS, type CertificateRecord, OPERATOR_ROLES } from "../authority/types.js";
import { actorOf, type Caller } from "../workflows/caller.js";
import { issueCanary, revokeCanary } from "../workflows/canaries.js";
import type { Context } from "../workflows/context.js";
import { type IssuanceRequest, issueCertificate } from "../workflows/issuance.js";
import { renewCertificate } from "../workflows/renewal.js";
import { holdCertificates, type RevocationOutcome, releaseCertificates, revokeCertificates } from "../workflows/revocation.js";
import { certificateName, parseCertificateName, type Selector } from "../workflows/selection.js";
import { recordSighting, recordSightings } from "../workflows/sightings.js";
import { parseFilter } from "./filter.js";
import type { Guard } from "./guard.js";
import type { EnrollmentPlace } from "./invitation-service.js";
import { PROFILES, profilesOf } from "./roles.js";
import { toCertificate, toChain, toPageRequest } from "./translate.js";

/** How many requests of one batch are worked on at a time: enough for the signers' threads, few enough to keep order in memory. */
const BATCH_CONCURRENCY = 32;

export function createCertificateService(context: Context, guard: Guard, place: EnrollmentPlace): CertificateServiceServer {
  const issued = (record: CertificateRecord): IssueCertificateResponse => ({
    serialNumber: record.serialNumber,
    deviceName: record.deviceName,
    certificateChain: toChain(record, context.authorities),
    certificate: toCertificate(record, context.clock.now(), true),
  });

  async function issueOne(request: IssueCertificateRequest, caller: Caller): Promise<IssueCertificateResponse> {
    return await notingRefusal(caller, async () => issued(await issueCertificate(context, caller, toIssuanceRequest(request, caller))));
  }

  /** What an operator asks for and does not get is said in the log: by that a stolen credential shows. */
  async function notingRefusal<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof LatchkeyError) context.log("certificate.refused", { actor: actorOf(caller), reason: error.code });
      throw error;
    }
  }

  return {
    issueCertificate: guard.unary(issueOne),

    batchIssueCertificates: guard.bidirectional(async (requests, write, caller) => {
      const underWay = new Set<Promise<void>>();
      for await (const request of requests) {
        const work = issueInBatch(request.request, (one) => issueOne(one, caller))
          .then(write)
          .finally(() => underWay.delete(work));
        underWay.add(work);
        if (underWay.size >= BATCH_CONCURRENCY) await Promise.race(underWay);
      }
      await Promise.all(underWay);
    }),

    getCertificate: guard.unary(async ({ name }) => {
      const key = parseCertificateName(name);
      const record = await context.store.getCertificate(key);
      if (record === undefined) {
        throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No certificate of ${key.authority} has the serial number ${key.serialNumber}.`);
      }
      return { certificate: toCertificate(record, context.clock.now(), true) };
    }),

    listCertificates: guard.unary(async (request) => {
      const at = context.clock.now();
      const { items, nextToken } = await context.store.listCertificates(parseFilter(request.filter, at), toPageRequest(request));
      return { certificates: items.map((record) => toCertificate(record, at, false)), nextPageToken: nextToken };
    }),

    revokeCertificate: guard.unary(async (request, caller) => {
      const reason = parseReason(request.reason);
      const selector = toSelector(request.selector);
      const outcome = toOutcome(await revokeCertificates(context, caller, selector, reason, { allowLastAdmin: request.allowLastAdmin }));
      return { ...outcome, leaveUrl: outcome.authority === "devices" ? `${place.origin()}/leave` : "" };
    }),

    holdCertificate: guard.unary(async (request, caller) =>
      toOutcome(await holdCertificates(context, caller, toHolderSelector(request.selector))),
    ),

    releaseCertificate: guard.unary(async (request, caller) =>
      toOutcome(await releaseCertificates(context, caller, toHolderSelector(request.selector))),
    ),

    renewCertificate: guard.unary(async ({ name, csr, revokeOld, requestId, holderSignature }, caller) => {
      const renew = async () => {
        const key = name === "" ? undefined : parseCertificateName(name);
        return issued(await renewCertificate(context, caller, { key, csr, revokeOld, requestId, holderSignature }));
      };
      // A device's wish is not the operator's, and the service that passes it on counts its refusals.
      return holderSignature.length > 0 && caller.role === "enrollment" ? await renew() : await notingRefusal(caller, renew);
    }),

    reportSightings: guard.unary(async ({ serialNumbers }) => {
      await recordSightings(context, serialNumbers);
      return {};
    }),

    reportSighting: guard.unary(async ({ name }) => {
      const record = await recordSighting(context, parseCertificateName(name));
      return { deviceName: record.deviceName, status: statusOf(record, context.clock.now()), notAfter: record.notAfter };
    }),

    issueCanary: guard.unary(async (request, caller) => {
      const record = await notingRefusal(caller, () => issueCanary(context, caller, request));
      return { name: certificateName(record), certificateChain: toChain(record, context.authorities) };
    }),

    revokeCanary: guard.unary(async ({ name }, caller) => {
      const { crlNumber } = await notingRefusal(caller, () => revokeCanary(context, caller, parseCertificateName(name)));
      return { crlNumber: String(crlNumber) };
    }),
  };
}

async function issueInBatch(
  request: IssueCertificateRequest | undefined,
  issueOne: (request: IssueCertificateRequest) => Promise<IssueCertificateResponse>,
): Promise<BatchIssueCertificatesResponse> {
  const requestId = request?.requestId ?? "";
  if (request === undefined || requestId === "") {
    const message = "Each request of a batch needs a request_id, by which its answer is known.";
    return { requestId, result: { $case: "error", value: { reason: "FIELD_INVALID", message } } };
  }
  try {
    return { requestId, result: { $case: "issued", value: await issueOne(request) } };
  } catch (error) {
    if (!(error instanceof LatchkeyError)) throw error;
    return { requestId, result: { $case: "error", value: { reason: error.code, message: error.message } } };
  }
}

/** Throws PROFILE_UNKNOWN, FIELD_INVALID, or ROLE_NOT_ALLOWED for what the caller's role may not ask for. */
function toIssuanceRequest(request: IssueCertificateRequest, caller: Caller): IssuanceRequest {
  const profile = request.profile === "" ? "device" : PROFILES.admin.find((known) => known === request.profile);
  if (profile === undefined) {
    throw new LatchkeyError(
      "PROFILE_UNKNOWN",
      `There is no certificate profile "${request.profile}": they are ${PROFILES.admin.join(", ")}.`,
      {
        violations: [{ field: "profile", description: "is not known" }],
      },
    );
  }
  const allowed = profilesOf(caller.role);
  if (!allowed.includes(profile)) {
    throw new LatchkeyError(
      "ROLE_NOT_ALLOWED",
      `An operator of the role ${caller.role} may ask for no certificate of the profile ${profile}, but of these: ${allowed.join(", ")}.`,
    );
  }
  const { csr, deviceName, owner, serverNames, requestId } = request;
  // The role `server` is for this CA's own gRPC server.
  const operatorRole = OPERATOR_ROLES.find((known) => known !== "server" && known === request.operatorRole);
  if (request.operatorRole !== "" && (operatorRole === undefined || profile !== "operator")) {
    throw new LatchkeyError(
      "FIELD_INVALID",
      `"${request.operatorRole}" is no role for a certificate of the profile ${profile}: operators are admin, viewer, nginx or enrollment.`,
      {
        violations: [{ field: "operator_role", description: "is not allowed here" }],
      },
    );
  }
  if (owner.length > 64) {
    throw new LatchkeyError("FIELD_INVALID", "An owner's name has 64 characters at most.", {
      violations: [{ field: "owner", description: "is too long" }],
    });
  }
  return { csr, profile, deviceName, owner, serverNames, requestId, ...(operatorRole === undefined ? {} : { operatorRole }) };
}

function toSelector(selector: CertificateSelector | undefined): Selector {
  const selected = selector?.selected;
  switch (selected?.$case) {
    case "name":
      return { kind: "certificate", key: parseCertificateName(selected.value) };
    case "deviceName":
      return { kind: "device", name: selected.value };
    case "owner":
      return { kind: "owner", owner: selected.value };
    case "authority": {
      const authority = ADOPTED_IDS.find((id) => id === selected.value);
      if (authority !== undefined) return { kind: "authority", authority };
      throw new LatchkeyError(
        "FIELD_INVALID",
        `Only a CA that was adopted can be revoked as a whole (${ADOPTED_IDS.join(", ")}), not "${selected.value.slice(0, 40)}".`,
        { violations: [{ field: "selector.authority", description: "is no adopted CA" }] },
      );
    }
    case undefined:
      throw new LatchkeyError("FIELD_INVALID", "The call names no certificate: select by name, device_name or owner.", {
        violations: [{ field: "selector", description: "is missing" }],
      });
  }
}

/** What can be undone is done to certificates, not to a CA. */
function toHolderSelector(selector: CertificateSelector | undefined): Exclude<Selector, { kind: "authority" }> {
  const found = toSelector(selector);
  if (found.kind !== "authority") return found;
  throw new LatchkeyError("FIELD_INVALID", "An adopted CA can be revoked, for good, but neither held nor released.", {
    violations: [{ field: "selector.authority", description: "can't be held or released" }],
  });
}

function toOutcome({
  authority,
  serialNumbers,
  deviceNames,
  crlNumber,
  canceledInvitations,
  standing,
}: RevocationOutcome): HoldCertificateResponse {
  return {
    serialNumber: serialNumbers[0] ?? "",
    serialNumbers: [...serialNumbers],
    crlNumber: String(crlNumber),
    authority,
    canceledInvitations: [...canceledInvitations],
    standingSerialNumbers: [...standing],
    deviceNames: [...deviceNames],
  };
}
