import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { publicKeyOf } from "../../../services/enrollment/bundle/device-key.js";
import type { BundleFormat } from "../../../services/enrollment/bundle/formats.js";
import { NODE_CRYPTOGRAPHY } from "../../../services/enrollment/bundle/node-cryptography.js";
import { pack } from "../../../services/enrollment/bundle/pack.js";
import { encryptedKeyPem } from "../../../services/enrollment/bundle/pem.js";
import type { EnrollFormat } from "../enroll.js";
import { refuseUnwritable, writeWhole } from "../write-whole.js";

/** A device's key and certificate, and the house's root, if there is one to know. */
export interface Identity {
  readonly privateKey: KeyObject;
  /** PEM: the device's certificate, then its CA. */
  readonly certificateChain: string;
  /** PEM. */
  readonly root: string | undefined;
  readonly deviceName: string;
  readonly deviceId: string;
  readonly passphrase: string;
}

/** How the files are written: in which format, and whether the key of `pem` is encrypted under the passphrase. */
export interface FileChoice {
  readonly format: EnrollFormat;
  readonly encrypt: boolean;
}

/** The files of a format, by what they are for; paths. */
export interface BundlePaths {
  readonly key?: string;
  readonly certificate?: string;
  readonly bundle?: string;
  readonly root?: string;
}

export function pathsIn(folder: string, { format }: FileChoice, hasRoot: boolean): BundlePaths {
  const root = hasRoot ? { root: join(folder, "root.pem") } : {};
  if (format !== "pem") return { bundle: join(folder, "bundle.p12"), ...root };
  return { key: join(folder, "key.pem"), certificate: join(folder, "certificate.pem"), ...root };
}

/** What the files would hold, as far as it is known yet. */
export interface Expected {
  readonly root: string | undefined;
  /** The key that an interrupted run has kept. */
  readonly key?: KeyObject;
  readonly passphrase?: string;
}

/**
 * Refuses, before the invitation is used up, what could not be written or would overwrite a file. One that holds this very key, or this root, is
 * no other: an interrupted run has written it. Throws FILE_EXISTS, WRITE_FAILED.
 */
export async function refuseOtherFiles(paths: BundlePaths, force: boolean, expected: Expected): Promise<void> {
  for (const path of Object.values(paths) as string[]) {
    await refuseUnwritable(path, force || (await isOwn(path, expected)), "Nothing was sent.");
  }
}

/** Writes them whole, each for whom it is: key and bundle for this user alone. The certificate comes last. */
export async function writeFiles(paths: BundlePaths, identity: Identity, { format, encrypt }: FileChoice): Promise<void> {
  const put = async (path: string | undefined, content: () => Promise<string | Uint8Array>, secret: boolean) => {
    if (path !== undefined) await writeWhole(path, await content(), { secret, force: true });
  };
  await put(paths.root, async () => identity.root ?? "", false);
  await put(paths.bundle, () => packIdentity(identity, format), true);
  await put(paths.key, () => keyPem(identity, encrypt), true);
  await put(paths.certificate, async () => identity.certificateChain, false);
}

export async function packIdentity({ privateKey, root, ...rest }: Identity, format: BundleFormat): Promise<Uint8Array> {
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  return await pack(format, { ...rest, privateKey: pkcs8, anchors: root === undefined ? [] : [root] }, NODE_CRYPTOGRAPHY);
}

async function keyPem({ privateKey, passphrase }: Identity, encrypt: boolean): Promise<string> {
  if (!encrypt) return privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  return await encryptedKeyPem(privateKey.export({ format: "der", type: "pkcs8" }), passphrase, NODE_CRYPTOGRAPHY);
}

/** Nothing is there, or no file. */
const NO_FILE = new Set(["ENOENT", "ENOTDIR", "EISDIR"]);

/** Is it the root, or is there this key in the file, or a certificate of it? */
async function isOwn(path: string, { root, key, passphrase = "" }: Expected): Promise<boolean> {
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (NO_FILE.has(error.code ?? "")) return undefined;
    throw error;
  });
  if (content === undefined) return false;
  if (content.toString() === root) return true;
  if (key === undefined) return false;
  const wanted = publicKeyOf(key);
  const readers = [() => createPublicKey(createPrivateKey({ key: content, passphrase })), () => new X509Certificate(content).publicKey];
  return readers.some((read) => {
    try {
      return read().export({ format: "der", type: "spki" }).equals(wanted);
    } catch {
      return false;
    }
  });
}
