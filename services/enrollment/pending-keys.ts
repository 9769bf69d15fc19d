import { createHash, type KeyObject } from "node:crypto";
import { LIFETIME_MILLIS } from "./lifetime.js";

/** A key that was made here for a device, and what its bundle is packed with. */
export interface PendingKey {
  readonly privateKey: KeyObject;
  /** DER. */
  readonly csr: Uint8Array;
  readonly passphrase: string;
}

/** Then the answer with the bundle may still have been lost. */
const PACKED_MILLIS = 60_000;
const MOST = 256;

interface Kept {
  readonly key: Promise<PendingKey>;
  endsAt: number;
}

/**
 * The keys that the service has made for devices, from before the invitation is used up until their bundle has gone out: when an answer of the CA's is
 * lost, the same attempt goes on with the same key, to which the CA gives the same certificate. In memory alone.
 */
export class PendingKeys {
  readonly #kept = new Map<string, Kept>();

  constructor(private readonly now: () => number = Date.now) {}

  /** The key of this attempt; `make` makes it, if there is none. `attempt` says who tries: two that share a token are two. Without it nothing is kept. */
  async get(token: string, attempt: string | undefined, make: () => Promise<PendingKey>): Promise<PendingKey> {
    this.#forgetOld();
    if (attempt === undefined) return await make();
    const name = nameOf(token, attempt);
    const known = this.#kept.get(name);
    if (known !== undefined) return await known.key;
    const key = make();
    this.#kept.set(name, { key, endsAt: this.now() + LIFETIME_MILLIS });
    key.catch(() => this.#kept.delete(name));
    return await key;
  }

  /** Its bundle is packed: it is needed for a moment longer. */
  packed(token: string, attempt: string | undefined): void {
    const kept = this.#kept.get(nameOf(token, attempt));
    if (kept !== undefined) kept.endsAt = Math.min(kept.endsAt, this.now() + PACKED_MILLIS);
    setTimeout(() => this.#forgetOld(), PACKED_MILLIS).unref();
  }

  /** The invitation was used up by another, or is over: the key is nobody's. */
  forget(token: string, attempt: string | undefined): void {
    this.#kept.delete(nameOf(token, attempt));
  }

  #forgetOld(): void {
    const now = this.now();
    for (const [name, { endsAt }] of this.#kept) if (endsAt <= now || this.#kept.size > MOST) this.#kept.delete(name);
  }
}

function nameOf(token: string, attempt = ""): string {
  return createHash("sha256").update(`latchkey pending key\0${token}\0${attempt}`).digest("hex");
}
