/** The words of the core: values that must not be mixed are branded. */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Lower-case hex, two digits an octet, of a positive INTEGER's content octets (RFC 5280 §4.1.2.2). */
export type SerialNumber = Brand<string, "SerialNumber">;
/** One DER element, whole. */
export type Der = Brand<Uint8Array, "Der">;
/** A device's or operator's name: 1 to 64 characters, NFC, no control characters, no space at either end. */
export type DeviceName = Brand<string, "DeviceName">;
/** A CRL number (RFC 5280 §5.2.3): up to 20 octets, hence BigInt; a decimal string outside. */
export type CrlNumber = bigint;

/** CAs of devices that were there before Latchkey, and were taken over: they revoke, and issue nothing any more. */
export const ADOPTED_IDS = ["adopted-1", "adopted-2", "adopted-3"] as const;
export type AdoptedId = (typeof ADOPTED_IDS)[number];

/** All that there can be; which there are, `Authorities.ids` says. */
export const AUTHORITY_IDS = ["devices", "servers", "operators", ...ADOPTED_IDS] as const;
export type AuthorityId = (typeof AUTHORITY_IDS)[number];

export function isAdopted(id: AuthorityId): id is AdoptedId {
  return (ADOPTED_IDS as readonly AuthorityId[]).includes(id);
}

/** Whose CRL number tells that a change is enforced: that of `devices` also stands for the adopted CAs, for whose CRLs it vouches. */
export function leadOf(id: AuthorityId): Exclude<AuthorityId, AdoptedId> {
  return isAdopted(id) ? "devices" : id;
}

/** Those whose certificates are devices'. */
export function isOfDevices(id: AuthorityId): boolean {
  return id === "devices" || isAdopted(id);
}

export const PROFILE_IDS = ["device", "server", "operator", "profile-signer", "canary"] as const;
export type ProfileId = (typeof PROFILE_IDS)[number];

/** What an operator may do. `server` is the gRPC server's own: required by clients, refused as a client. */
export const OPERATOR_ROLES = ["admin", "enrollment", "nginx", "viewer", "server"] as const;
export type OperatorRole = (typeof OPERATOR_ROLES)[number];

/** CRLReason's identifiers (RFC 5280 §5.3.1) with their numbers; `unspecified` is left out of the encoding. */
export const REVOCATION_REASONS = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const;
export type RevocationReason = keyof typeof REVOCATION_REASONS;

/** A certificate's identity everywhere: its authority and its serial number. */
export interface CertificateKey {
  readonly authority: AuthorityId;
  readonly serialNumber: SerialNumber;
}

/** What the store keeps of every certificate that was ever signed. */
export type CertificateRecord = IssuedRecord & Standing;

export interface IssuedRecord extends CertificateKey {
  readonly profile: ProfileId;
  /** The holder: the device's name, the operator's name, the server's first DNS name, or what a profile signer or a canary is called. */
  readonly deviceName: string;
  /** Stable over renewals; a UUID. */
  readonly deviceId: string;
  readonly owner: string;
  /** Operators only. */
  readonly operatorRole: OperatorRole | "";
  /** Of a server: its names. Of an operator: the names that it may serve. */
  readonly serverNames: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly issuedAt: Date;
  readonly keyAlgorithm: string;
  /** SHA-256 of the SubjectPublicKeyInfo's DER, lower-case hex. */
  readonly publicKeyHash: string;
  /** The request that it came from, if it named itself; the idempotency key. */
  readonly requestId: string;
  /** When its holder first and last showed it to a party that told us. */
  readonly firstSeenAt?: Date;
  readonly lastSeenAt?: Date;
  readonly der: Der;
}

/** Standing as recorded. `expired` is no standing: it follows from notAfter and the clock. */
export type Standing =
  | { readonly status: "valid" }
  | { readonly status: "held"; readonly revokedAt: Date }
  | { readonly status: "revoked"; readonly revokedAt: Date; readonly reason: RevocationReason };

export interface DeviceRecord {
  readonly name: DeviceName;
  /** A UUID: in the subject as UID, in the SAN as `urn:uuid:…`. */
  readonly id: string;
  readonly owner: string;
  readonly createdAt: Date;
}

export interface InvitationRecord {
  readonly id: string;
  /** SHA-256("latchkey invitation token\0" + token), lower-case hex. */
  readonly tokenHash: string;
  readonly deviceName: DeviceName;
  readonly owner: string;
  readonly renewal: boolean;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly wrongProofs: number;
  readonly state: InvitationState;
}

export type InvitationState =
  /** `sealedPassphrase`, with its proof key: AES-256-GCM under a key derived from the token (HKDF-SHA-256), the invitation's id as associated data. */
  | { readonly kind: "open"; readonly sealedPassphrase: Uint8Array }
  | { readonly kind: "redeemed"; readonly at: Date; readonly serialNumber: SerialNumber; readonly publicKeyHash: string }
  | { readonly kind: "canceled"; readonly at: Date }
  | { readonly kind: "locked"; readonly at: Date }
  | { readonly kind: "expired"; readonly at: Date };

export interface SubscriberRecord {
  /** The operator's name. */
  readonly name: string;
  readonly registeredAt: Date;
  readonly reportedAt?: Date;
  readonly enforcedCrlNumber?: CrlNumber;
  readonly problem: string;
  readonly problemDetail: string;
  readonly relyingParty: string;
  readonly clockSkewMillis: number;
  /** Its door refuses canaries, but for its check location. */
  readonly refusesCanaries?: boolean;
  readonly warnings?: readonly SubscriberWarning[];
  /** When the CRL that it enforces ends. */
  readonly enforcedNextUpdate?: Date;
  /** From that CRL being signed to the first report that it is enforced. */
  readonly enforcedAfterMillis?: number;
  /** When the first CRL was signed that it did not enforce at its last report. */
  readonly behindSince?: Date;
  /** What it last reported to stand in the way, and when. */
  readonly lastProblem?: SubscriberWarning & { readonly at: Date };
}

/** What a subscriber's owner should know although it keeps no CRL from being enforced. */
export interface SubscriberWarning {
  readonly code: string;
  readonly message: string;
}

/** A serial number that left the CRL, and why; `crlNumber` is the first CRL without it. */
export interface Departure {
  readonly serialNumber: SerialNumber;
  readonly cause: "expired" | "released";
  readonly crlNumber: CrlNumber;
}

export interface CrlRecord {
  readonly authority: AuthorityId;
  readonly number: CrlNumber;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  readonly der: Der;
}

export const NOTICE_CHANNELS = ["webhook", "email"] as const;
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number];

/** A notice's identity: of which device certificate, how long before its end, and by which channel. */
export interface NoticeKey {
  readonly serialNumber: SerialNumber;
  readonly daysBefore: number;
  readonly channel: NoticeChannel;
}

export interface NoticeRecord extends NoticeKey {
  /** When it became due; the same in every try. */
  readonly dueAt: Date;
  readonly state: NoticeState;
}

export type NoticeState =
  /** `tries` have failed, the last one because of `problem` (empty before the first). */
  | { readonly kind: "waiting"; readonly tries: number; readonly nextTryAt: Date; readonly problem: string }
  | { readonly kind: "delivered"; readonly at: Date }
  /** Given up. */
  | { readonly kind: "dead"; readonly at: Date; readonly tries: number; readonly problem: string }
  /** Nobody needs it any more: the device was renewed, held or revoked, or was told of something more urgent. */
  | { readonly kind: "withdrawn"; readonly at: Date };
