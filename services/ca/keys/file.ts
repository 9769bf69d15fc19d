import { generateKeyPair, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { DerError } from "../authority/der/error.js";
import { decodePem, encodePem } from "../authority/der/pem.js";
import { LatchkeyError } from "../authority/error.js";
import type { Signer } from "../authority/signer.js";
import { decryptKey, encryptKey, type KeyEncryption, WrongPassphrase } from "./encrypted-key.js";
import { createKeySigner } from "./key-signer.js";
import { writePrivateFile } from "./private-file.js";

export type KeyType = "P-256" | "P-384" | "RSA-2048" | "RSA-3072" | "RSA-4096";

const PEM_LABEL = "ENCRYPTED PRIVATE KEY";
/** Off the event loop: libuv's thread pool generates. */
const generate = promisify(generateKeyPair) as {
  (type: "ec", options: { namedCurve: string }): Promise<{ privateKey: KeyObject }>;
  (type: "rsa", options: { modulusLength: number; publicExponent: number }): Promise<{ privateKey: KeyObject }>;
};

/** Makes an authority's key. */
export async function createKey(type: KeyType): Promise<{ signer: Signer; privateKey: KeyObject }> {
  const { privateKey } = await generateKey(type);
  return { signer: createKeySigner(privateKey), privateKey };
}

function generateKey(type: KeyType): Promise<{ privateKey: KeyObject }> {
  if (type === "P-256" || type === "P-384") return generate("ec", { namedCurve: type });
  return generate("rsa", { modulusLength: Number(type.slice("RSA-".length)), publicExponent: 65_537 });
}

/** Writes a key as encrypted PKCS#8 in PEM: only its owner may read it, and a crash leaves the old file or the new one. */
export async function writeKeyFile(path: string, privateKey: KeyObject, encryption: KeyEncryption): Promise<void> {
  await writePrivateFile(path, encodePem(PEM_LABEL, await encryptKey(privateKey, encryption)));
}

/** Opens a key file. Throws PASSPHRASE_WRONG, and STORE_CORRUPT when the file is missing or is no such file. */
export async function readKeyFile(path: string, encryption: KeyEncryption): Promise<Signer & { readonly privateKey: KeyObject }> {
  try {
    const privateKey = await openKey(await readFile(path, "latin1"), encryption);
    return { ...createKeySigner(privateKey), privateKey };
  } catch (cause) {
    if (cause instanceof WrongPassphrase) {
      throw new LatchkeyError(
        "PASSPHRASE_WRONG",
        `The passphrase does not open the key ${path}. Give the one that it was made with (LATCHKEY_PASSPHRASE, or the passphrase file).`,
      );
    }
    throw new LatchkeyError("STORE_CORRUPT", `The key ${path} can't be read: put it back from a backup.`, { cause });
  }
}

/** Opens what stands in a key file. Throws WrongPassphrase, and DerError for what is no such file. */
export async function openKey(text: string, encryption: KeyEncryption): Promise<KeyObject> {
  const [der] = decodePem(PEM_LABEL, text);
  if (der === undefined) throw new DerError("empty");
  return await decryptKey(der, encryption);
}
