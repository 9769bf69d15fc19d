import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BUILD_TIME } from "../../generated/build.js";
import type { Settings } from "../config.js";
import type { Log } from "../log.js";
import { checkDomains } from "./first-run.js";
import { createKeyEncryption, type KeyEncryption } from "./keys/encrypted-key.js";
import { defaultPassphraseFile, findPassphrase, type Passphrase } from "./keys/passphrase.js";
import type { Metrics } from "./metrics/metrics.js";
import { openBackup, restore } from "./restore.js";
import { openLevelStore } from "./store/level.js";
import type { Store } from "./store/store.js";
import { createAllowances } from "./workflows/allowances.js";
import { createAuthorities, type MutableAuthorities, openAuthorities } from "./workflows/authorities.js";
import { haveAuthorities } from "./workflows/authorities-document.js";
import { createClock } from "./workflows/clock.js";
import type { Context } from "./workflows/context.js";
import { createCrlPublisher } from "./workflows/crl-publisher.js";
import { readDataId } from "./workflows/data-id.js";
import { createNameLocks } from "./workflows/name-locks.js";
import { createRecoveryFile, type RecoveryFile } from "./workflows/recovery-file.js";
import { createStanding } from "./workflows/standing.js";
import { createSubscribers } from "./workflows/subscribers.js";

export interface AuthorityOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** Asks for the passphrase of the keys, where there is a person to ask; says what is missing. */
  readonly askPassphrase?: (missing: string) => Promise<string>;
  /** A backup to begin from, into an empty data folder. */
  readonly restoreFrom?: AsyncIterable<Uint8Array>;
  /** Somebody says that this host's clock is right, and that the newest time in the store came from a wrong one. */
  readonly acceptClock?: boolean;
}

interface OpenOptions extends AuthorityOptions {
  /** What is opened is observed by it. */
  readonly metrics?: Metrics | undefined;
}

/** A data folder that is open, and all that its workflows work with. */
export interface Opened {
  readonly context: Context;
  readonly store: Store;
  readonly authorities: MutableAuthorities;
  readonly isFirstRun: boolean;
  readonly recovery: RecoveryFile | undefined;
  readonly passphrase: Passphrase;
  /** Of the keys' files. */
  readonly encryption: KeyEncryption;
  readonly folders: Readonly<Record<"keys" | "store" | "operator" | "enrollment" | "server", string>>;
}

/**
 * Opens the data folder, and makes the authorities on the first run. Throws DATA_IN_USE,
 * PASSPHRASE_MISSING, PASSPHRASE_WRONG, STORE_CORRUPT, DOMAIN_INVALID.
 * Who has opened it closes the store.
 */
export async function open({ settings, log, askPassphrase, restoreFrom, acceptClock = false, metrics }: OpenOptions): Promise<Opened> {
  const inData = (name: string) => join(settings.data, name);
  const folders = {
    keys: inData("keys"),
    store: inData("store"),
    operator: inData("operator"),
    enrollment: inData("enrollment"),
    server: inData("server"),
  };
  const usable = restoreFrom === undefined ? undefined : await openBackup(restoreFrom, settings, askPassphrase);
  if (!existsSync(folders.store)) checkDomains(settings.domains);
  await mkdir(settings.data, { recursive: true, mode: 0o700 });
  const engine = await openLevelStore(folders.store, metrics?.commits);
  const store = metrics === undefined ? engine : metrics.store(engine);
  try {
    if (usable !== undefined) await restore(store, settings, folders.keys, usable, log);
    const isFirstRun = !(await haveAuthorities(store));
    const dataId = await readDataId(store);
    const search = { settingsFile: settings.keys.passphraseFile, environment: process.env, dataId, prompt: askPassphrase, isFirstRun };
    const passphrase = usable?.passphrase ?? (await findPassphrase(search));
    const encryption = usable?.encryption ?? createKeyEncryption(passphrase.passphrase);
    const recoveryFile = createRecoveryFile(join(dirname(defaultPassphraseFile(process.env, dataId)), `${dataId}.recovery`));
    if (acceptClock) await acceptTime(store, log);
    const clock = createClock(await store.newestTime(), BUILD_TIME);
    if (isFirstRun) {
      await createAuthorities(store, settings, folders.keys, encryption, clock.signingTime(), recoveryFile.keep);
      log("authority.created", { domains: settings.domains });
    }
    const authorities = await openAuthorities(store, settings, folders.keys, encryption, metrics?.signer);
    const context = await createContext({ settings, store, clock, log, authorities, metrics });
    return { context, store, authorities, isFirstRun, recovery: await recoveryFile.read(), passphrase, encryption, folders };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** One start with the clock years ahead would keep the CA from signing for years: only a person can say that the clock is right now. */
async function acceptTime(store: Store, log: Log): Promise<void> {
  const time = new Date();
  const newest = await store.newestTime();
  if (newest <= time) return;
  const fields = { from: newest.toISOString(), to: time.toISOString() };
  await store.acceptTime({ time, event: "clock.accepted", actor: "system", fields });
  log("clock.accepted", fields);
}

/** What workflows work with, on a store and authorities that are open. */
export async function createContext(
  parts: Pick<Context, "settings" | "store" | "clock" | "log"> & {
    readonly authorities: MutableAuthorities;
    readonly metrics?: Metrics | undefined;
  },
): Promise<Context> {
  const { metrics, ...given } = parts;
  const { settings, store, clock, log, authorities } = given;
  const publisher = await createCrlPublisher(store, authorities, clock, log, settings.crl, settings.http.url);
  const crls = metrics === undefined ? publisher : metrics.crls(publisher);
  const known = await createSubscribers(store, clock, log, crls.current("devices"));
  const subscribers = metrics === undefined ? known : metrics.subscribers(known);
  crls.onPublished((crl) => {
    if (crl.authority === "devices") subscribers.crlSigned(crl);
  });
  const standing = createStanding(store, clock);
  return { ...given, crls, subscribers, standing, nameLocks: createNameLocks(), allowances: createAllowances(), startedAt: clock.now() };
}
