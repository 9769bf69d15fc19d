import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { BUILD_TIME } from "../../generated/build.js";
import type { Settings } from "../config.js";
import type { Log } from "../log.js";
import { LatchkeyError } from "./authority/error.js";
import type { OperatorRole } from "./authority/types.js";
import { createGrpcServer } from "./grpc/server.js";
import { defaultPassphraseFile, findPassphrase, type Passphrase } from "./keys/passphrase.js";
import { createPublicationServer } from "./publication/http.js";
import { openLevelStore } from "./store/level.js";
import type { Store } from "./store/store.js";
import { createAuthorities, haveAuthorities, type MutableAuthorities, openAuthorities } from "./workflows/authorities.js";
import { restoreBackup } from "./workflows/backup.js";
import { createClock } from "./workflows/clock.js";
import type { Context } from "./workflows/context.js";
import { createCrlPublisher } from "./workflows/crl-publisher.js";
import { createAddDomain } from "./workflows/domains.js";
import { expireInvitations } from "./workflows/invitations.js";
import { createNameLocks } from "./workflows/name-locks.js";
import { enrollmentHost, enrollmentNames } from "./workflows/names.js";
import { createCredential, ensureCredential, renewCredential } from "./workflows/own-credentials.js";
import { createRecoveryFile, type RecoveryFile } from "./workflows/recovery-file.js";
import { createRedemptions } from "./workflows/redemption.js";
import { createStanding } from "./workflows/standing.js";
import type { StatusWarning } from "./workflows/status.js";
import { createSubscribers } from "./workflows/subscribers.js";

export interface AuthorityOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** Asks for the passphrase of the keys, where there is a person to ask. */
  readonly askPassphrase?: () => Promise<string>;
  /** A backup to begin from, into an empty data folder. */
  readonly restoreFrom?: AsyncIterable<Uint8Array>;
}

/** A certificate authority that serves. */
export interface RunningAuthority {
  /** `host:port` as really bound. */
  readonly grpc: string;
  readonly http: string;
  readonly isFirstRun: boolean;
  /** The recovery passphrase that has not been shown yet: show it, then `forget()` it. */
  readonly recovery: RecoveryFile | undefined;
  /** The administrator's credential on this host. */
  readonly operatorFolder: string;
  /** The enrolment service's. */
  readonly enrollmentFolder: string;
  /** The name for invitations' URLs. */
  readonly enrollmentHost: string;
  /** Tells the authority where the enrolment service listens (`host:port`), or that it does not. */
  setEnrollment(state: "running" | "restarting" | "separate", address?: string): void;
  readonly warnings: readonly StatusWarning[];
  close(): Promise<void>;
}

const RECOVERY_WARNING = "RECOVERY_PASSPHRASE_ON_THIS_HOST";
const ENROLLMENT_WARNING: StatusWarning = {
  code: "ENROLLMENT_DOWN",
  message: "The enrolment service does not run, and is being started again: no phone can enrol. The log of `latchkey serve` says why.",
};
const MINUTE_MILLIS = 60_000;
const ADMIN = { name: "admin", role: "admin", serverNames: [] } as const;

/** Opens the data folder (and makes the authorities on the first run), and serves gRPC and publication. */
export async function startAuthority(options: AuthorityOptions): Promise<RunningAuthority> {
  const { settings, log } = options;
  const opened = await open(options);
  const { context, store, isFirstRun, recovery, authorities, folders } = opened;
  const closers: (() => Promise<void>)[] = [() => store.close()];
  try {
    await signAll(context);
    const warnings = warningsOf(opened.passphrase, recovery);
    let enrollment: { state: "running" | "restarting" | "separate"; address: string | undefined } = {
      state: "separate",
      address: undefined,
    };

    const grpcHost = hostOf(settings.grpc.listen);
    const gRpcNames = [...new Set(["localhost", "127.0.0.1", "::1", grpcHost])].filter((name) => name !== "0.0.0.0" && name !== "::");
    const server = { name: "server", role: "server", serverNames: gRpcNames } as const;
    const identity = await ensureCredential(context, folders.server, server, settings.grpc.listen);
    const origin = () => `https://${formatHost(enrollmentHost(settings))}:${portOf(enrollment.address ?? settings.enrollment.listen)}`;
    const grpcServer = createGrpcServer(context, {
      redemptions: createRedemptions(context),
      addDomain: createAddDomain(authorities, context.clock, async () => void (await context.crls.publish("servers", []))),
      place: { origin, hasOwnCertificate: settings.enrollment.tls !== undefined },
      surroundings: {
        enrollment: () => enrollment.state,
        warnings: () => (enrollment.state === "restarting" ? [ENROLLMENT_WARNING, ...warnings] : warnings),
        keysFolder: folders.keys,
      },
      identity,
    });
    const grpc = `${formatHost(grpcHost)}:${await listenOrExplain(() => grpcServer.listen(settings.grpc.listen), settings.grpc.listen, "--grpc")}`;
    closers.push(() => grpcServer.close());

    const publication = createPublicationServer(context);
    const http = await listenOrExplain(
      () =>
        new Promise<string>((resolve, reject) => {
          publication.once("error", reject);
          publication.listen({ host: hostOf(settings.http.listen), port: portOf(settings.http.listen) }, () => {
            const { port } = publication.address() as AddressInfo;
            resolve(`${formatHost(hostOf(settings.http.listen))}:${port}`);
          });
        }),
      settings.http.listen,
      "--http",
    );
    closers.push(
      () =>
        new Promise((resolve) => {
          publication.close(() => resolve());
          publication.closeAllConnections();
        }),
    );

    if (isFirstRun) await createCredential(context, folders.operator, ADMIN, grpc);
    else await renewCredential(context, folders.operator, ADMIN, grpc);
    const enrollmentOperator = { name: "enrollment", role: "enrollment", serverNames: enrollmentNames(settings) } as const;
    await ensureCredential(context, folders.enrollment, enrollmentOperator, grpc);

    const repeat = (everyMillis: number, what: string, work: () => Promise<void>) => {
      const timer = setInterval(() => {
        work().catch((error: unknown) => log("service.failed", { what, error: error instanceof Error ? error.message : String(error) }));
      }, everyMillis).unref();
      closers.push(async () => clearInterval(timer));
    };
    repeat(10 * MINUTE_MILLIS, "refresh of the CRLs", () => context.crls.refresh());
    repeat(MINUTE_MILLIS / 2, "expiry of invitations", () => expireInvitations(context));
    repeat(60 * MINUTE_MILLIS, "renewal of own certificates", async () => {
      grpcServer.renewIdentity(await ensureCredential(context, folders.server, server, settings.grpc.listen));
      await renewCredential(context, folders.operator, ADMIN, grpc);
      await ensureCredential(context, folders.enrollment, enrollmentOperator, grpc);
    });

    log("service.started", { service: "ca", grpc, http, isFirstRun });
    return {
      grpc,
      http,
      isFirstRun,
      recovery: recovery && {
        ...recovery,
        forget: async () => {
          await recovery.forget();
          const stale = warnings.findIndex(({ code }) => code === RECOVERY_WARNING);
          if (stale >= 0) warnings.splice(stale, 1);
        },
      },
      operatorFolder: folders.operator,
      enrollmentFolder: folders.enrollment,
      enrollmentHost: enrollmentHost(settings),
      setEnrollment: (state, address) => {
        enrollment = { state, address: address ?? enrollment.address };
      },
      warnings,
      close: async () => {
        await closeAll(closers);
        log("service.stopped", { service: "ca" });
      },
    };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

/**
 * Brings an operator back when none is left: on the CA's own host, with the passphrase of its keys, while the CA is
 * stopped. Throws DATA_IN_USE, PASSPHRASE_WRONG.
 */
export async function recoverOperator(
  options: AuthorityOptions,
  operator: { name: string; role: Exclude<OperatorRole, "server">; serverNames: readonly string[]; folder: string; address: string },
): Promise<void> {
  const { context, store, isFirstRun } = await open(options);
  try {
    if (isFirstRun)
      throw new LatchkeyError("STORE_CORRUPT", `There was no CA in ${options.settings.data}: start it first (\`latchkey serve\`).`);
    await createCredential(context, operator.folder, operator, operator.address);
  } finally {
    await store.close();
  }
}

interface Opened {
  readonly context: Context;
  readonly store: Store;
  readonly authorities: MutableAuthorities;
  readonly isFirstRun: boolean;
  readonly recovery: RecoveryFile | undefined;
  readonly passphrase: Passphrase;
  readonly folders: Readonly<Record<"keys" | "store" | "operator" | "enrollment" | "server", string>>;
}

async function open({ settings, log, askPassphrase, restoreFrom }: AuthorityOptions): Promise<Opened> {
  const inData = (name: string) => join(settings.data, name);
  const folders = {
    keys: inData("keys"),
    store: inData("store"),
    operator: inData("operator"),
    enrollment: inData("enrollment"),
    server: inData("server"),
  };
  await mkdir(settings.data, { recursive: true, mode: 0o700 });
  const store = await openLevelStore(folders.store);
  try {
    if (restoreFrom !== undefined) await restore(store, settings, folders.keys, restoreFrom, log);
    const isFirstRun = !(await haveAuthorities(store));
    const dataId = await readDataId(store);
    const passphrase = await findPassphrase({
      settingsFile: settings.keys.passphraseFile,
      environment: process.env,
      dataId,
      prompt: askPassphrase,
      isFirstRun,
    });
    const recoveryFile = createRecoveryFile(join(dirname(defaultPassphraseFile(process.env, dataId)), `${dataId}.recovery`));
    const clock = createClock(await store.newestTime(), BUILD_TIME);
    if (isFirstRun) {
      await createAuthorities(store, settings, folders.keys, passphrase.passphrase, clock.signingTime(), recoveryFile.keep);
      log("authority.created", { domains: settings.domains });
    }
    const authorities = await openAuthorities(store, settings, folders.keys, passphrase.passphrase);
    const crls = await createCrlPublisher(store, authorities, clock, log, settings.crl.days);
    const subscribers = await createSubscribers(store, clock, log);
    crls.onPublished((crl) => {
      if (crl.authority === "devices") subscribers.crlSigned(crl.number);
    });
    const context: Context = {
      settings,
      store,
      clock,
      log,
      authorities,
      crls,
      subscribers,
      standing: createStanding(store, clock),
      nameLocks: createNameLocks(),
      startedAt: clock.now(),
    };
    return { context, store, authorities, isFirstRun, recovery: await recoveryFile.read(), passphrase, folders };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function restore(store: Store, settings: Settings, keysFolder: string, chunks: AsyncIterable<Uint8Array>, log: Log): Promise<void> {
  if (await haveAuthorities(store)) {
    throw new LatchkeyError("DATA_IN_USE", `There is a CA in ${settings.data} already: restore into an empty data folder (--data).`);
  }
  await restoreBackup(store, keysFolder, chunks);
  log("backup.restored", { data: settings.data });
}

/** Which data folder this is, wherever it is moved to: the passphrase file bears it. */
async function readDataId(store: Store): Promise<string> {
  const known = await store.getDocument("data-id");
  if (known !== undefined) return new TextDecoder().decode(known);
  const dataId = randomBytes(6).toString("hex");
  await store.putDocument("data-id", Buffer.from(dataId), {
    time: new Date(),
    event: "service.started",
    actor: "system",
    fields: { dataId },
  });
  return dataId;
}

/** A process may have ended between a revocation and its CRL: each start signs anew what the store says. */
async function signAll(context: Context): Promise<void> {
  for (const id of ["devices", "servers", "operators"] as const) {
    try {
      await context.crls.publish(id, []);
    } catch (error) {
      // With its clock behind, the CA goes on publishing what it has: nginx must not be left without a CRL.
      if (!(error instanceof LatchkeyError && error.code === "CLOCK_BEHIND" && context.crls.current(id) !== undefined)) throw error;
    }
  }
}

function warningsOf(passphrase: Passphrase, recovery: RecoveryFile | undefined): StatusWarning[] {
  const warnings: StatusWarning[] = [];
  if (passphrase.path !== undefined) {
    warnings.push({
      code: "PASSPHRASE_FILE_ON_THIS_HOST",
      message: `The passphrase of the CA's keys lies on this host, in ${passphrase.path}: who can read that file and the data folder has the CA. Back up the two to different places.`,
    });
  }
  if (recovery !== undefined) {
    warnings.push({
      code: RECOVERY_WARNING,
      message: `The recovery passphrase waits in ${recovery.path}: write it down on paper, then delete the file.`,
    });
  }
  return warnings;
}

async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Says which setting to change when a port is taken. */
async function listenOrExplain<T>(listen: () => Promise<T>, address: string, flag: string): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw new LatchkeyError(
      "UNAVAILABLE",
      `Can't listen on ${address}: ${error instanceof Error ? error.message : String(error)}. Stop what listens there, or choose another address with ${flag} HOST:PORT.`,
      { cause: error },
    );
  }
}
