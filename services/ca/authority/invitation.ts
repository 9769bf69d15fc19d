import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, scrypt, timingSafeEqual } from "node:crypto";
import { LatchkeyError } from "./error.js";
import type { Der, DeviceName, InvitationRecord, InvitationState, SerialNumber } from "./types.js";

export interface NewInvitation {
  /** A UUID. */
  readonly id: string;
  readonly deviceName: DeviceName;
  readonly owner: string;
  readonly renewal: boolean;
  readonly at: Date;
  readonly lifetimeSeconds: number;
  readonly passphrase: string;
  /** `proofKeyOf` the passphrase and the id: made once, so that a hundred phones at once don't wait for a hundred scrypts. */
  readonly proofKey: Uint8Array;
  /** From a CSPRNG: 16 and 12 octets. */
  readonly random: { readonly token: Uint8Array; readonly nonce: Uint8Array };
}

/** How many proofs may be wrong before an invitation ends. */
export const MOST_WRONG_PROOFS = 5;

/** 32 characters of 5 bits: small letters, for thumbs; without l, o, 0 and 1, which look alike. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const CIPHER = "aes-256-gcm";
const NONCE_OCTETS = 12;
const TAG_OCTETS = 16;
const SCRYPT_COST = { N: 2 ** 14, r: 8, p: 1 } as const;
const PROOF_KEY_OCTETS = 32;

/**
 * Makes an invitation. The record holds the token's hash, and the passphrase and its proof key encrypted under a key made from the token:
 * who has the store alone can redeem nothing and open nothing. The id is not derived from the token.
 */
export function newInvitation(input: NewInvitation): { record: InvitationRecord; token: string } {
  const token = Buffer.from(input.random.token).toString("base64url");
  const { id, deviceName, owner, renewal, at, passphrase, proofKey } = input;
  const secrets = `${passphrase}\n${Buffer.from(proofKey).toString("base64url")}`;
  const record: InvitationRecord = {
    id,
    tokenHash: tokenHash(token),
    deviceName,
    owner,
    renewal,
    createdAt: at,
    expiresAt: new Date(at.getTime() + input.lifetimeSeconds * 1000),
    wrongProofs: 0,
    state: { kind: "open", sealedPassphrase: seal(secrets, token, id, input.random.nonce) },
  };
  return { record, token };
}

/** 80 bits as four groups of four. `random`: 10 octets. */
export function passphraseFrom(random: Uint8Array): string {
  let bits = BigInt(`0x${Buffer.from(random).toString("hex")}`);
  let characters = "";
  for (let index = 0; index < 16; index++) {
    characters += ALPHABET[Number(bits & 31n)];
    bits >>= 5n;
  }
  return (characters.match(/.{4}/g) ?? []).join("-");
}

/** What the store knows a token by: a labelled SHA-256, in lower-case hex. */
export function tokenHash(token: string): string {
  return createHash("sha256").update("latchkey invitation token\0").update(token).digest("hex");
}

/** Opens the passphrase with the token. Throws what `refuseUnlessOpen` throws, or INVITATION_NOT_FOUND for another token. */
export function openPassphrase(record: InvitationRecord, token: string): string {
  return openSecrets(record, token).passphrase;
}

/** An invitation of an earlier build holds no proof key. */
function openSecrets(record: InvitationRecord, token: string): { passphrase: string; proofKey: Uint8Array | undefined } {
  const { state } = record;
  if (state.kind !== "open") throw ended(state.kind);
  const sealed = Buffer.from(state.sealedPassphrase);
  const decipher = createDecipheriv(CIPHER, sealingKey(token), sealed.subarray(0, NONCE_OCTETS), { authTagLength: TAG_OCTETS });
  decipher.setAAD(Buffer.from(record.id));
  decipher.setAuthTag(sealed.subarray(-TAG_OCTETS));
  try {
    const secrets = Buffer.concat([decipher.update(sealed.subarray(NONCE_OCTETS, -TAG_OCTETS)), decipher.final()]).toString();
    const [passphrase = "", proofKey] = secrets.split("\n");
    return { passphrase, proofKey: proofKey === undefined ? undefined : Buffer.from(proofKey, "base64url") };
  } catch (cause) {
    throw new LatchkeyError("INVITATION_NOT_FOUND", "This token does not belong to this invitation.", { cause });
  }
}

function seal(secrets: string, token: string, id: string, nonce: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, sealingKey(token), nonce, { authTagLength: TAG_OCTETS });
  cipher.setAAD(Buffer.from(id));
  return new Uint8Array(Buffer.concat([nonce, cipher.update(secrets, "utf8"), cipher.final(), cipher.getAuthTag()]));
}

function sealingKey(token: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", token, "", "latchkey invitation passphrase", 32));
}

/**
 * What a device makes of the passphrase to prove it: scrypt(passphrase, salt = the invitation's id, N = 16384, r = 8, p = 1, 32 octets). Devices have
 * their own code for it, in Node and in the browser: all are held against test/vectors/enrolment-proof.json.
 */
export function proofKeyOf(passphrase: string, invitationId: string): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, invitationId, PROOF_KEY_OCTETS, SCRYPT_COST, (error, derived) =>
      error === null ? resolve(derived) : reject(error),
    );
  });
}

/** The proof that a device with a key of its own knows the passphrase: HMAC-SHA-256 over SHA-256 of its SubjectPublicKeyInfo. */
export function proofOf(key: Uint8Array, publicKey: Der): Uint8Array {
  const message = createHash("sha256").update(publicKey).digest();
  return new Uint8Array(createHmac("sha256", key).update(message).digest());
}

/** Is the proof right? Compared in constant time. */
export async function checkProof(record: InvitationRecord, token: string, publicKey: Der, proof: Uint8Array): Promise<boolean> {
  const { passphrase, proofKey } = openSecrets(record, token);
  const expected = proofOf(proofKey ?? (await proofKeyOf(passphrase, record.id)), publicKey);
  return proof.length === expected.length && timingSafeEqual(proof, expected);
}

/** The state as of now: an open invitation whose time is over has expired, whether or not anybody has noted it. */
export function stateAt(record: InvitationRecord, at: Date): InvitationState["kind"] {
  return record.state.kind === "open" && at >= record.expiresAt ? "expired" : record.state.kind;
}

/** Throws INVITATION_REDEEMED, INVITATION_CANCELED, INVITATION_EXPIRED or INVITATION_LOCKED. */
export function refuseUnlessOpen(record: InvitationRecord, at: Date): void {
  const state = stateAt(record, at);
  if (state !== "open") throw ended(state);
}

function ended(state: Exclude<InvitationState["kind"], "open">): LatchkeyError {
  const askAgain = "Ask the person who runs this house's Latchkey for a new one.";
  switch (state) {
    case "redeemed":
      return new LatchkeyError(
        "INVITATION_REDEEMED",
        `This invitation has been used already, and works once. If that was not you, tell the owner at once. ${askAgain}`,
      );
    case "canceled":
      return new LatchkeyError("INVITATION_CANCELED", `This invitation was canceled. ${askAgain}`);
    case "expired":
      return new LatchkeyError("INVITATION_EXPIRED", `This invitation's time is over. ${askAgain}`);
    case "locked":
      return new LatchkeyError(
        "INVITATION_LOCKED",
        `The passphrase was wrong ${MOST_WRONG_PROOFS} times: this invitation has ended. ${askAgain}`,
      );
  }
}

/** Uses it up: the sealed passphrase is erased. Throws what `refuseUnlessOpen` throws. */
export function redeem(record: InvitationRecord, at: Date, serialNumber: SerialNumber, publicKeyHash: string): InvitationRecord {
  refuseUnlessOpen(record, at);
  return { ...record, state: { kind: "redeemed", at, serialNumber, publicKeyHash } };
}

/** Ends an open one; any other stays as it is. */
export function cancel(record: InvitationRecord, at: Date): InvitationRecord {
  return record.state.kind === "open" ? { ...record, state: { kind: "canceled", at } } : record;
}

/** Notes that an open one's time is over, and erases its passphrase; any other stays as it is. */
export function expire(record: InvitationRecord, at: Date): InvitationRecord {
  return record.state.kind === "open" && stateAt(record, at) === "expired" ? { ...record, state: { kind: "expired", at } } : record;
}

/** Counts a wrong proof against an open one; the fifth ends it. */
export function countWrongProof(record: InvitationRecord, at: Date): InvitationRecord {
  if (record.state.kind !== "open") return record;
  const wrongProofs = record.wrongProofs + 1;
  return { ...record, wrongProofs, ...(wrongProofs < MOST_WRONG_PROOFS ? {} : { state: { kind: "locked", at } }) };
}
