import { randomUUID } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import { type CallOptions, Client, type ClientUnaryCall, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { BadRequest, ErrorInfo } from "../../generated/google/rpc/error_details.js";
import { Status } from "../../generated/google/rpc/status.js";
import { CertificateServiceClient } from "../../generated/latchkey/v1/certificate_service.js";
import { ErrorReason } from "../../generated/latchkey/v1/error_reason.js";
import { InvitationServiceClient } from "../../generated/latchkey/v1/invitation_service.js";
import { OperationsServiceClient } from "../../generated/latchkey/v1/operations_service.js";
import { PublicationServiceClient } from "../../generated/latchkey/v1/publication_service.js";
import type { Credential } from "./credential.js";
import { CallError, type Reason } from "./error.js";

const DEFAULT_DEADLINE_MILLIS = 15_000;
/**
 * A call whose connection broke is made again (gRFC A6): reads are harmless, mutations carry a `request_id`, by which the CA knows
 * them again. RedeemInvitation has none: it is known by its token and key. Reports of what is so (ReportEnforcement, ReportSighting) and
 * RestoreRevocations have none either: twice they do the same as once. What did not get through after 0.1 + 0.2 + 0.4 s is told to the caller.
 */
const SERVICE_CONFIG = {
  loadBalancingConfig: [],
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: "0.1s",
        maxBackoff: "1s",
        backoffMultiplier: 2,
        retryableStatusCodes: ["UNAVAILABLE"],
      },
    },
  ],
};
/** Nobody but the CA's gRPC server may be talked to: its certificate bears this role, and no other certificate does. */
const SERVER_ROLE = "URI:urn:latchkey:role:server";

/** A channel to the CA: one connection, shared by the four services. */
export interface Connection {
  /** `host:port` of the CA. */
  readonly address: string;
  readonly certificates: CertificateServiceClient;
  readonly invitations: InvitationServiceClient;
  readonly publication: PublicationServiceClient;
  readonly operations: OperationsServiceClient;
  close(): void;
}

/** Opens a channel with a credential. Connects on the first call, and again by itself. */
export function connect(credential: Credential): Connection {
  const security = credentials.createSsl(Buffer.from(credential.ca), Buffer.from(credential.key), Buffer.from(credential.certificate), {
    checkServerIdentity: refuseOtherRoles,
  });
  const channel = new Client(credential.address, security, {
    "grpc.max_receive_message_length": 16 * 1024 * 1024,
    "grpc.keepalive_time_ms": 20_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 5_000,
    "grpc.service_config": JSON.stringify(SERVICE_CONFIG),
    // The CA is found by its role (refuseOtherRoles), whatever name or address it is reached by.
    "grpc.ssl_target_name_override": "localhost",
    "grpc.default_authority": "localhost",
  });
  const shared = { channelOverride: channel.getChannel() };
  return {
    address: credential.address,
    certificates: new CertificateServiceClient(credential.address, security, shared),
    invitations: new InvitationServiceClient(credential.address, security, shared),
    publication: new PublicationServiceClient(credential.address, security, shared),
    operations: new OperationsServiceClient(credential.address, security, shared),
    close: () => channel.close(),
  };
}

function refuseOtherRoles(_host: string, certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? "").split(", ");
  return names.includes(SERVER_ROLE)
    ? undefined
    : new Error("the peer's certificate is not that of a Latchkey CA (it lacks the role `server`)");
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/**
 * One unary call: `await call(connection.certificates, "getCertificate", { name })`. A request that has a `request_id` gets one,
 * so that it may be sent again when the connection breaks before its answer. Throws CallError; never anything else.
 */
export function call<Service extends object, Method extends UnaryNames<Service>>(
  service: Service,
  method: Method,
  request: RequestOf<Service, Method>,
  options: { deadlineMillis?: number } = {},
): Promise<ResponseOf<Service, Method>> {
  const deadline = new Date(Date.now() + (options.deadlineMillis ?? DEFAULT_DEADLINE_MILLIS));
  const invoke = service[method] as UnaryMethod<RequestOf<Service, Method>, ResponseOf<Service, Method>>;
  return new Promise((resolve, reject) => {
    invoke.call(service, identified(request), new Metadata(), { deadline }, (error, response) =>
      error ? reject(toCallError(error)) : resolve(response),
    );
  });
}

/** AIP-155: one id for all the attempts of one call. */
function identified<Request>(request: Request): Request {
  const isUnidentified = typeof request === "object" && request !== null && "requestId" in request && request.requestId === "";
  return isUnidentified ? { ...request, requestId: randomUUID() } : request;
}

type UnaryNames<Service> = {
  [Name in keyof Service]: Service[Name] extends UnaryMethod<infer _Request, infer _Response> ? Name : never;
}[keyof Service];
type RequestOf<Service, Method extends keyof Service> = Service[Method] extends UnaryMethod<infer Request, infer _> ? Request : never;
type ResponseOf<Service, Method extends keyof Service> = Service[Method] extends UnaryMethod<infer _, infer Response> ? Response : never;

/** What a gRPC error says: the CA's own reason where there is one, else what happened to the connection. */
export function toCallError(error: ServiceError): CallError {
  const details = readDetails(error);
  if (details !== undefined) return details;
  switch (error.code) {
    case status.DEADLINE_EXCEEDED:
      return new CallError("DEADLINE_EXCEEDED", "The CA did not answer in time. Try again, or look at its log.", [], { cause: error });
    case status.UNAUTHENTICATED:
      return new CallError("UNAUTHENTICATED", error.details, [], { cause: error });
    case status.RESOURCE_EXHAUSTED:
      return new CallError("MESSAGE_TOO_LARGE", error.details, [], { cause: error });
    case status.UNAVAILABLE:
      return new CallError("UNAVAILABLE", `The CA can't be reached: ${error.details}`, [], { cause: error });
    default:
      return new CallError("INTERNAL", `${status[error.code]}: ${error.details}`, [], { cause: error });
  }
}

function readDetails(error: ServiceError): CallError | undefined {
  const [trailer] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(trailer)) return undefined;
  const { details } = Status.decode(trailer);
  const find = (type: string) => details.find((detail) => detail.typeUrl === `type.googleapis.com/google.rpc.${type}`)?.value;
  const info = find("ErrorInfo");
  if (info === undefined) return undefined;
  const { reason, domain } = ErrorInfo.decode(info);
  if (domain !== "latchkey" || !isReason(reason)) return undefined;
  const badRequest = find("BadRequest");
  return new CallError(reason, error.details, badRequest ? BadRequest.decode(badRequest).fieldViolations : [], { cause: error });
}

function isReason(text: string): text is Reason {
  return `ERROR_REASON_${text}` in ErrorReason;
}
