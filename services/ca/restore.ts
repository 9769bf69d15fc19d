import type { Settings } from "../config.js";
import type { Log } from "../log.js";
import { LatchkeyError } from "./authority/error.js";
import { createKeyEncryption, type KeyEncryption, WrongPassphrase } from "./keys/encrypted-key.js";
import { openKey } from "./keys/file.js";
import { findPassphrase, type Passphrase } from "./keys/passphrase.js";
import type { Store } from "./store/store.js";
import { haveAuthorities } from "./workflows/authorities-document.js";
import { type Backup, readBackup, restoreBackup } from "./workflows/backup.js";
import { AS_RESTORED } from "./workflows/local-admin.js";

/** A key that every CA has, and that the passphrase opens. */
const ONLINE_KEY = "operators.key";

/** A backup of which it is known that it can be used here. */
export interface UsableBackup {
  readonly backup: Backup;
  readonly passphrase: Passphrase;
  readonly encryption: KeyEncryption;
}

/**
 * Reads as much of a backup as it takes to know that its keys can be opened on this host: before anything is made.
 * Throws STORE_CORRUPT, PASSPHRASE_MISSING, PASSPHRASE_WRONG, SETTINGS_INVALID.
 */
export async function openBackup(
  chunks: AsyncIterable<Uint8Array>,
  settings: Settings,
  askPassphrase: ((missing: string) => Promise<string>) | undefined,
): Promise<UsableBackup> {
  const backup = await readBackup(chunks);
  const passphrase = await findPassphrase({
    settingsFile: settings.keys.passphraseFile,
    environment: process.env,
    dataId: backup.dataId,
    prompt: askPassphrase,
    isFirstRun: false,
    isRestore: true,
  });
  const encryption = createKeyEncryption(passphrase.passphrase);
  try {
    await openKey(backup.keys.get(ONLINE_KEY)?.toString("latin1") ?? "", encryption);
  } catch (cause) {
    if (!(cause instanceof WrongPassphrase)) {
      throw new LatchkeyError("STORE_CORRUPT", "The keys in the backup can't be read: nothing was restored.", { cause });
    }
    throw new LatchkeyError(
      "PASSPHRASE_WRONG",
      `The passphrase does not open the keys in the backup: nothing was restored. It is the one of the CA that made the backup: its file is called ${backup.dataId}.passphrase.`,
    );
  }
  return { backup, passphrase, encryption };
}

/** Restores it into a store without a CA. Throws DATA_IN_USE, STORE_CORRUPT. */
export async function restore(store: Store, settings: Settings, keysFolder: string, { backup }: UsableBackup, log: Log): Promise<void> {
  if (await haveAuthorities(store)) {
    throw new LatchkeyError("DATA_IN_USE", `There is a CA in ${settings.data} already: restore into an empty data folder (--data).`);
  }
  await restoreBackup(store, keysFolder, backup, AS_RESTORED);
  log("backup.restored", { data: settings.data });
}
