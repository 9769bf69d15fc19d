import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { LatchkeyError } from "../authority/error.js";
import { writePrivateFile } from "./private-file.js";

/** Where a passphrase came from. Of the last two, `status` warns: who copies this host's disk has keys and passphrase. */
export type PassphraseSource = "environment" | "systemd" | "prompt" | "settings-file" | "default-file";

export interface Passphrase {
  readonly passphrase: string;
  readonly source: PassphraseSource;
  /** The file that it was read from. */
  readonly path?: string;
  /** It was made just now. */
  readonly isNew: boolean;
}

export interface PassphraseSearch {
  /** `keys.passphraseFile` of the settings. */
  readonly settingsFile?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Which data folder: the default file bears it, so that two on one host never meet. Letters, digits and hyphens. */
  readonly dataId: string;
  /** Asks on the terminal, with a sentence of what is missing; only given when there is one. */
  readonly prompt?: ((missing: string) => Promise<string>) | undefined;
  /** The first run: there is no key yet, and a default file is made when nothing else is found. */
  readonly isFirstRun: boolean;
  /** The keys come from a backup, whose host had the passphrase. */
  readonly isRestore?: boolean;
}

const RANDOM_OCTETS = 32;
const SYSTEMD_CREDENTIAL = "latchkey-passphrase";

/**
 * Finds the passphrase of the authorities' keys: the settings' file, LATCHKEY_PASSPHRASE, systemd's credential
 * `latchkey-passphrase`, the default file in the user's configuration folder, a prompt. The first that exists counts.
 * Throws PASSPHRASE_MISSING, SETTINGS_INVALID.
 */
export async function findPassphrase(search: PassphraseSearch): Promise<Passphrase> {
  const { settingsFile, environment, prompt, isFirstRun } = search;
  if (settingsFile !== undefined) return fromRequiredFile(settingsFile, "settings-file");
  const variable = environment.LATCHKEY_PASSPHRASE;
  if (variable) return { passphrase: variable, source: "environment", isNew: false };
  const credentials = environment.CREDENTIALS_DIRECTORY;
  const credential = credentials === undefined ? undefined : await readPassphraseFile(join(credentials, SYSTEMD_CREDENTIAL));
  if (credential !== undefined) return { passphrase: credential, source: "systemd", isNew: false };
  const path = defaultPassphraseFile(environment, search.dataId);
  const kept = await readPassphraseFile(path);
  if (kept !== undefined) return { passphrase: kept, source: "default-file", path, isNew: false };
  if (isFirstRun) return makeDefaultFile(path);
  const missing = explainMissing(path, search.isRestore === true);
  if (prompt !== undefined) return { passphrase: await prompt(missing), source: "prompt", isNew: false };
  throw new LatchkeyError("PASSPHRASE_MISSING", missing);
}

function explainMissing(path: string, isRestore: boolean): string {
  const what = `The passphrase of the CA's keys is missing: ${path} is not there.`;
  const elsewhere = "give what is in it in LATCHKEY_PASSPHRASE, or in a file that keys.passphraseFile names";
  return isRestore
    ? `${what} Bring that file from the host that made the backup (there it lies in ~/.config/latchkey), or ${elsewhere}.`
    : `${what} Put that file back, or ${elsewhere}.`;
}

/** `~/.config/latchkey/<id>.passphrase`: outside the data folder, so that a copy of the one never carries the other. */
export function defaultPassphraseFile(environment: PassphraseSearch["environment"], dataId: string): string {
  const folder = environment.XDG_CONFIG_HOME || join(environment.HOME || homedir(), ".config");
  return join(folder, "latchkey", `${dataId}.passphrase`);
}

async function fromRequiredFile(path: string, source: PassphraseSource): Promise<Passphrase> {
  const passphrase = await readPassphraseFile(path);
  if (passphrase === undefined)
    throw new LatchkeyError("SETTINGS_INVALID", `The passphrase file ${path} is not there. Make it, or change keys.passphraseFile.`);
  return { passphrase, source, path, isNew: false };
}

async function makeDefaultFile(path: string): Promise<Passphrase> {
  const passphrase = randomBytes(RANDOM_OCTETS).toString("base64url");
  await writePrivateFile(path, `${passphrase}\n`);
  return { passphrase, source: "default-file", path, isNew: true };
}

/** The file's text without the line end that editors add; undefined if there is no such file. */
async function readPassphraseFile(path: string): Promise<string | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new LatchkeyError(
      "SETTINGS_INVALID",
      `The passphrase file ${path} can't be read. Its owner must be the user that runs Latchkey.`,
      { cause },
    );
  }
  const passphrase = text.replace(/\r?\n$/, "");
  if (passphrase === "") throw new LatchkeyError("SETTINGS_INVALID", `The passphrase file ${path} is empty.`);
  return passphrase;
}
