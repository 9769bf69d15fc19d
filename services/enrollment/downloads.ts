import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { LIFETIME_MILLIS } from "./lifetime.js";
import { Refusal } from "./problem.js";

/** A bundle that waits to be fetched. */
export interface Download {
  readonly fileName: string;
  readonly contentType: string;
  readonly serialNumber: string;
  readonly content: Uint8Array;
}

/** Of each kind. */
const MOST = 256;
const CIPHER = "aes-256-gcm";

interface Kept {
  readonly endsAt: number;
  readonly sealed: Buffer;
  readonly tag: Buffer;
  readonly rest: Omit<Download, "content">;
}

interface Made {
  readonly address: Promise<string>;
  /** The bundle's name; undefined while it is being made. */
  name: string | undefined;
}

/**
 * Keeps bundles for ten minutes, in memory alone, each under a random address of 128 bits. What is kept is encrypted under a key
 * made from that address, and known by its hash: a look into the memory shows no bundle. Those that the service has packed and those that
 * guests upload have room of their own, and nobody's bundle ever makes room for another's.
 */
export class Downloads {
  readonly #packed = new Map<string, Kept>();
  readonly #uploaded = new Map<string, Kept>();
  readonly #made = new Map<string, Made>();

  constructor(private readonly now: () => number = Date.now) {}

  /**
   * Makes a bundle once for each form that asks for it, and answers its address: a form that is sent again, since the answer was lost or the
   * button pressed twice, gets the same bundle. What failed is tried anew. Throws TOO_MANY_REQUESTS where there is no room, before anything is made.
   */
  async once(formToken: string, make: () => Promise<Download>): Promise<string> {
    this.#forgetOld();
    const form = nameOf(formToken);
    const known = this.#made.get(form);
    if (known !== undefined) return await known.address;
    if (this.#made.size >= MOST) throw full();
    const made: Made = { address: make().then((download) => this.#keepPacked(made, download)), name: undefined };
    this.#made.set(form, made);
    made.address.catch(() => this.#made.delete(form));
    return await made.address;
  }

  /** Answers the address: 22 characters. Replaces what was uploaded for the same certificate before. Throws TOO_MANY_REQUESTS. */
  keepUpload(download: Download, endsAt: number): string {
    this.#forgetOld();
    for (const [name, { rest }] of this.#uploaded) if (rest.serialNumber === download.serialNumber) this.#uploaded.delete(name);
    if (this.#uploaded.size >= MOST) throw full();
    const { address, name, kept } = seal(download, endsAt);
    this.#uploaded.set(name, kept);
    return address;
  }

  get(address: string): Download | undefined {
    this.#forgetOld();
    const kept = this.#packed.get(nameOf(address)) ?? this.#uploaded.get(nameOf(address));
    if (kept === undefined) return undefined;
    // Each address has a key of its own, which encrypts once: the nonce may stay the same.
    const decipher = createDecipheriv(CIPHER, keyOf(address), Buffer.alloc(12));
    decipher.setAuthTag(kept.tag);
    return { ...kept.rest, content: Buffer.concat([decipher.update(kept.sealed), decipher.final()]) };
  }

  /** Nothing waits to be fetched. */
  get isEmpty(): boolean {
    this.#forgetOld();
    return this.#packed.size + this.#uploaded.size === 0;
  }

  #keepPacked(made: Made, download: Download): string {
    const { address, name, kept } = seal(download, this.now() + LIFETIME_MILLIS);
    this.#packed.set(name, kept);
    made.name = name;
    return address;
  }

  #forgetOld(): void {
    const now = this.now();
    for (const all of [this.#packed, this.#uploaded]) for (const [name, { endsAt }] of all) if (endsAt <= now) all.delete(name);
    // An address leads somewhere for as long as its bundle is there, and no longer.
    for (const [form, { name }] of this.#made) if (name !== undefined && !this.#packed.has(name)) this.#made.delete(form);
  }
}

function seal({ content, ...rest }: Download, endsAt: number): { address: string; name: string; kept: Kept } {
  const address = randomBytes(16).toString("base64url");
  const cipher = createCipheriv(CIPHER, keyOf(address), Buffer.alloc(12));
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return { address, name: nameOf(address), kept: { endsAt, sealed, tag: cipher.getAuthTag(), rest } };
}

function full(): Refusal {
  return new Refusal("TOO_MANY_REQUESTS", "Too many bundles wait to be fetched just now: nothing is used up, try again in a minute.");
}

function nameOf(address: string): string {
  return createHash("sha256").update("latchkey download\0").update(address).digest("hex");
}

function keyOf(address: string): Buffer {
  return createHash("sha256").update("latchkey download key\0").update(address).digest();
}
