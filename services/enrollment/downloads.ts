import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { LIFETIME_MILLIS } from "./lifetime.js";

/** A bundle that waits to be fetched. */
export interface Download {
  readonly fileName: string;
  readonly contentType: string;
  readonly serialNumber: string;
  readonly content: Uint8Array;
}

const MOST = 256;
const CIPHER = "aes-256-gcm";

interface Kept {
  readonly endsAt: number;
  readonly sealed: Buffer;
  readonly tag: Buffer;
  readonly rest: Omit<Download, "content">;
}

/**
 * Keeps bundles for ten minutes, in memory alone, each under a random address of 128 bits. What is kept is encrypted under a key
 * made from that address, and known by its hash: a look into the memory shows no bundle.
 */
export class Downloads {
  readonly #kept = new Map<string, Kept>();
  readonly #made = new Map<string, { readonly address: Promise<string>; readonly endsAt: number }>();

  constructor(private readonly now: () => number = Date.now) {}

  /**
   * Makes a bundle once for each form that asks for it, and answers its address: a form that is sent again, since the answer was lost or the
   * button pressed twice, gets the same bundle. What failed is tried anew.
   */
  once(formToken: string, make: () => Promise<Download>): Promise<string> {
    this.#forgetOld();
    const name = nameOf(formToken);
    const known = this.#made.get(name);
    if (known !== undefined) return known.address;
    const address = make().then((download) => this.keep(download));
    this.#made.set(name, { address, endsAt: this.now() + LIFETIME_MILLIS });
    address.catch(() => this.#made.delete(name));
    return address;
  }

  /** Answers the address: 22 characters. */
  keep({ content, ...rest }: Download): string {
    this.#forgetOld();
    const address = randomBytes(16).toString("base64url");
    const cipher = createCipheriv(CIPHER, keyOf(address), Buffer.alloc(12));
    const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
    this.#kept.set(nameOf(address), { endsAt: this.now() + LIFETIME_MILLIS, sealed, tag: cipher.getAuthTag(), rest });
    return address;
  }

  get(address: string): Download | undefined {
    this.#forgetOld();
    const kept = this.#kept.get(nameOf(address));
    if (kept === undefined) return undefined;
    // Each address has a key of its own, which encrypts once: the nonce may stay the same.
    const decipher = createDecipheriv(CIPHER, keyOf(address), Buffer.alloc(12));
    decipher.setAuthTag(kept.tag);
    return { ...kept.rest, content: Buffer.concat([decipher.update(kept.sealed), decipher.final()]) };
  }

  forget(address: string): void {
    this.#kept.delete(nameOf(address));
  }

  /** Nothing waits to be fetched. */
  get isEmpty(): boolean {
    this.#forgetOld();
    return this.#kept.size === 0;
  }

  #forgetOld(): void {
    const now = this.now();
    for (const [name, { endsAt }] of this.#kept) if (endsAt <= now || this.#kept.size > MOST) this.#kept.delete(name);
    for (const [name, { endsAt }] of this.#made) if (endsAt <= now || this.#made.size > MOST) this.#made.delete(name);
  }
}

function nameOf(address: string): string {
  return createHash("sha256").update("latchkey download\0").update(address).digest("hex");
}

function keyOf(address: string): Buffer {
  return createHash("sha256").update("latchkey download key\0").update(address).digest();
}
