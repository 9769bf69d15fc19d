import type { OperatorRole, ProfileId } from "../authority/types.js";

/** The roles that an operator can have; `server` is the CA's own and is refused as a client. */
export type ClientRole = Exclude<OperatorRole, "server">;

const everyone = ["admin", "viewer", "nginx", "enrollment"] as const;
const readers = ["admin", "viewer"] as const;

/**
 * Who may call what: every method of every service, and nobody else. A method that is missing here can't be called,
 * and fails the test that walks this table.
 */
export const ROLES: Readonly<Record<string, readonly ClientRole[]>> = {
  "/latchkey.v1.CertificateService/IssueCertificate": ["admin", "nginx", "enrollment"], // by the profiles of the table below
  "/latchkey.v1.CertificateService/BatchIssueCertificates": ["admin"],
  "/latchkey.v1.CertificateService/GetCertificate": readers,
  "/latchkey.v1.CertificateService/ListCertificates": readers,
  "/latchkey.v1.CertificateService/RevokeCertificate": ["admin"],
  "/latchkey.v1.CertificateService/HoldCertificate": ["admin"],
  "/latchkey.v1.CertificateService/ReleaseCertificate": ["admin"],
  "/latchkey.v1.CertificateService/RenewCertificate": everyone, // other than admin: their own, and what its holder has signed for
  "/latchkey.v1.CertificateService/ReportSighting": ["enrollment"],
  "/latchkey.v1.CertificateService/ReportSightings": ["nginx"],
  "/latchkey.v1.CertificateService/IssueCanary": ["admin", "nginx"],
  "/latchkey.v1.CertificateService/RevokeCanary": ["admin", "nginx"], // nginx: its own

  "/latchkey.v1.InvitationService/CreateInvitation": ["admin"],
  "/latchkey.v1.InvitationService/GetInvitation": readers,
  "/latchkey.v1.InvitationService/ListInvitations": readers,
  "/latchkey.v1.InvitationService/CancelInvitation": ["admin"],
  "/latchkey.v1.InvitationService/RedeemInvitation": ["enrollment"],
  "/latchkey.v1.InvitationService/GetEnrollmentWindow": ["enrollment"],

  "/latchkey.v1.PublicationService/GetTrustBundle": everyone,
  "/latchkey.v1.PublicationService/GetCrl": ["admin", "viewer", "nginx"],
  "/latchkey.v1.PublicationService/WatchCrl": ["admin", "viewer", "nginx"], // nginx alone is registered by it
  "/latchkey.v1.PublicationService/ReportEnforcement": ["nginx"],
  "/latchkey.v1.PublicationService/AwaitEnforcement": readers,
  "/latchkey.v1.PublicationService/ListSubscribers": readers,
  "/latchkey.v1.PublicationService/RestoreRevocations": ["admin"],

  "/latchkey.v1.OperationsService/GetStatus": readers,
  "/latchkey.v1.OperationsService/WatchAuditLog": readers,
  "/latchkey.v1.OperationsService/Backup": ["admin"],
  "/latchkey.v1.OperationsService/AddDomain": ["admin"],
  "/latchkey.v1.OperationsService/ReportRefusals": ["enrollment"],
  "/latchkey.v1.OperationsService/TestNotices": ["admin"],

  "/grpc.health.v1.Health/Check": everyone,
  "/grpc.health.v1.Health/List": everyone,
  "/grpc.health.v1.Health/Watch": everyone,
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": readers,
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": readers,
};

/** What IssueCertificate issues: canaries have a call of their own. */
export type IssuedProfile = Exclude<ProfileId, "canary">;

/** Who may ask for a certificate by which profile; other than admin: of the profile `server`, for their own names alone. */
export const PROFILES: Readonly<Record<ClientRole, readonly IssuedProfile[]>> = {
  admin: ["device", "server", "operator", "profile-signer"],
  viewer: [],
  nginx: ["server"],
  enrollment: ["server", "profile-signer"],
};

export function profilesOf(role: OperatorRole): readonly IssuedProfile[] {
  return role === "server" ? [] : PROFILES[role];
}

export function mayCall(role: OperatorRole, method: string): boolean {
  const roles = Object.hasOwn(ROLES, method) ? ROLES[method] : undefined;
  return role !== "server" && (roles?.includes(role) ?? false);
}
