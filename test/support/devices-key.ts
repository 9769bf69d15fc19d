import type { KeyObject } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyEncryption } from "../../services/ca/keys/encrypted-key.js";
import { readKeyFile } from "../../services/ca/keys/file.js";
import type { TestAuthority } from "./authority.js";

/** The devices authority's own key, by the passphrase that its CA has put into the configuration folder. */
export async function readDevicesKey({ folder, data }: TestAuthority): Promise<KeyObject> {
  const passphrases = join(folder, "config", "latchkey");
  const file = (await readdir(passphrases)).find((name) => name.endsWith(".passphrase")) ?? "";
  const passphrase = (await readFile(join(passphrases, file), "utf8")).trim();
  return (await readKeyFile(join(data, "keys", "devices.key"), createKeyEncryption(passphrase))).privateKey;
}
