import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { NODE_CRYPTOGRAPHY } from "../../../services/enrollment/bundle/node-cryptography.js";
import { encryptedKeyPem } from "../../../services/enrollment/bundle/pem.js";
import { isSystemError } from "../failure.js";
import { writeWhole } from "../write-whole.js";

/**
 * The key that was made for an invitation, on disk until its certificate is, too: since the CA answers the same token and key with the same
 * certificate, a run that was interrupted anywhere goes on where it was. It lies encrypted under the invitation's passphrase.
 */
export interface KeptKey {
  readonly invitationId: string;
  readonly privateKey: KeyObject;
}

/** `locked`: another passphrase was given when it was kept. */
export type Kept = { readonly kind: "none" } | { readonly kind: "locked" } | ({ readonly kind: "open" } & KeptKey);

/** Its place in a folder: another one for each invitation. */
export function keptPath(folder: string, token: string): string {
  return join(folder, `.enrolling-${createHash("sha256").update(token).digest("hex").slice(0, 16)}.json`);
}

export async function findKept(path: string, passphrase: string): Promise<Kept> {
  const record = await readRecord(path);
  if (record === undefined) return { kind: "none" };
  try {
    return { kind: "open", invitationId: record.invitationId, privateKey: createPrivateKey({ key: record.key, passphrase }) };
  } catch {
    return { kind: "locked" };
  }
}

/** Keeps it (0600), before anybody is told of it. */
export async function keep(path: string, { invitationId, privateKey }: KeptKey, passphrase: string): Promise<void> {
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const record = { invitationId, key: await encryptedKeyPem(pkcs8, passphrase, NODE_CRYPTOGRAPHY) };
  await writeWhole(path, `${JSON.stringify(record)}\n`, { secret: true, force: true });
}

export async function forgetKept(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Undefined where there is none. */
async function readRecord(path: string): Promise<{ invitationId: string; key: string } | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as { invitationId: string; key: string };
  } catch (error) {
    // It was written whole or not at all: what can't be read as JSON is not ours.
    if (error instanceof SyntaxError || (isSystemError(error) && (error.code === "ENOENT" || error.code === "ENOTDIR"))) return undefined;
    throw error;
  }
}
