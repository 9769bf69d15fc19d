import { X509Certificate } from "node:crypto";
import { explainListening, formatHost, hostOf, portOf } from "../address.js";
import { repeatedly } from "../repeatedly.js";
import { LatchkeyError } from "./authority/error.js";
import { isUnused } from "./first-run.js";
import { createGrpcServer } from "./grpc/server.js";
import type { Metrics } from "./metrics/metrics.js";
import { createNotices } from "./notices/notices.js";
import { type AuthorityOptions, type Opened, open } from "./open.js";
import { createOwnOperators, placeOf } from "./own-operators.js";
import { createPublicationServer } from "./publication/http.js";
import {
  domainWarnings,
  ENROLLMENT_WARNING,
  noticeWarnings,
  ownCertificateWarnings,
  placeWarnings,
  RECOVERY_WARNING,
  warningsOf,
} from "./warnings.js";
import type { Context } from "./workflows/context.js";
import { createAddDomain } from "./workflows/domains.js";
import { enrollmentAdmits } from "./workflows/enrollment-window.js";
import { expireInvitations } from "./workflows/invitations.js";
import { isAdminElsewhere } from "./workflows/local-admin.js";
import { revokeLostCredentials } from "./workflows/lost-host.js";
import type { RecoveryFile } from "./workflows/recovery-file.js";
import { createRedemptions } from "./workflows/redemption.js";
import type { StatusWarning } from "./workflows/status.js";

/** A certificate authority that serves. */
export interface RunningAuthority {
  /** `host:port` as really bound. */
  readonly grpc: string;
  readonly http: string;
  /** Nobody was ever invited, and no device has got a certificate: the first words are still to be said. */
  readonly isUnused: boolean;
  /** The recovery passphrase that has not been shown yet: show it, then `forget()` it. */
  readonly recovery: RecoveryFile | undefined;
  /** The administrator's credential on this host. */
  readonly operatorFolder: string;
  /** The enrolment service's. */
  readonly enrollmentFolder: string;
  /** Tells the authority where the enrolment service listens (`host:port`), or that it does not. */
  setEnrollment(state: EnrollmentState, address?: string): void;
  /** What the owner should look at, now; how the enrolment service is, whoever has started it knows. */
  warnings(): readonly StatusWarning[];
  /** Looks now for certificates that are about to end, as is done every hour, and resolves when everybody was told, or could not be. */
  runNotices(): Promise<void>;
  /** After a restore: whose credentials lay on the host of the backup, and are revoked now. */
  readonly lostCredentials: readonly string[];
  close(): Promise<void>;
}

type EnrollmentState = "running" | "restarting" | "separate";

const MINUTE_MILLIS = 60_000;
/** How soon this host's new address stands in the enrolment service's certificate. */
const PLACE_MILLIS = 10_000;

/** Opens the data folder (and makes the authorities on the first run), and serves gRPC and publication. */
export async function startAuthority(options: AuthorityOptions): Promise<RunningAuthority> {
  const metrics = options.settings.http.metrics.length === 0 ? undefined : await loadMetrics();
  const log = metrics === undefined ? options.log : metrics.log(options.log);
  const opened = await open({ ...options, log, metrics });
  const closers: Closer[] = [() => opened.store.close()];
  try {
    return await serve(opened, { ...options, log }, closers, metrics);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

/** Who has no use for them does not wait for their library at each start. */
async function loadMetrics(): Promise<Metrics> {
  const { createMetrics } = await import("./metrics/metrics.js");
  return createMetrics();
}

type Closer = () => Promise<void>;

async function serve(
  opened: Opened,
  { settings, log }: AuthorityOptions,
  closers: Closer[],
  metrics: Metrics | undefined,
): Promise<RunningAuthority> {
  const { context, isFirstRun, recovery, authorities, folders } = opened;
  const failed = (what: string) => (error: unknown) =>
    log("service.failed", { what, error: error instanceof Error ? error.message : String(error) });
  await signAll(context);
  await context.store.sweepExpired(context.clock.now());
  const secrets = warningsOf(opened.passphrase, recovery);
  const notices = createNotices(context);
  closers.push(() => notices.close());
  const readOwn = () => ownCertificateWarnings(settings, context.clock.now());
  let ownCertificate = await readOwn();
  const warnings = () => [
    ...placeWarnings(settings, placeOf(context)),
    ...ownCertificate,
    ...domainWarnings(context),
    ...noticeWarnings(notices.trouble()),
    ...secrets,
  ];
  let enrollment: { state: EnrollmentState; address: string | undefined } = { state: "separate", address: undefined };
  const own = createOwnOperators(context, folders);
  const lostCredentials = (await isAdminElsewhere(context.store)) ? await revokeLostCredentials(context, own.operators) : [];

  let identity = await own.server();
  metrics?.read({ context, warnings, serverCertificateEnd: () => new Date(new X509Certificate(identity.certificate).validTo) });
  const redemptions = createRedemptions(context);
  const grpcServer = createGrpcServer(context, {
    redemptions,
    addDomain: createAddDomain(authorities, context.clock, async () => void (await context.crls.publish("servers", []))),
    place: {
      origin: () => `https://${formatHost(placeOf(context).host)}:${portOf(enrollment.address ?? settings.enrollment.listen)}`,
      hasOwnCertificate: settings.enrollment.tls !== undefined,
    },
    surroundings: {
      enrollment: () => enrollment.state,
      enrollmentAdmits: async () => (enrollment.state === "separate" ? "" : await enrollmentAdmits(context, redemptions)),
      warnings: () => (enrollment.state === "restarting" ? [ENROLLMENT_WARNING, ...warnings()] : warnings()),
      testNotices: () => notices.test(),
      keysFolder: folders.keys,
    },
    identity,
    observer: metrics?.calls,
  });
  closers.push(() => grpcServer.close());
  const grpc = await listenOrExplain(grpcServer.listen, settings.grpc.listen, "--grpc");
  const publication = createPublicationServer(context, metrics && { ...metrics, readers: settings.http.metrics });
  closers.push(() => publication.close());
  const http = await listenOrExplain(publication.listen, settings.http.listen, "--http");
  await own.admin(grpc);
  // What can't be signed just now (the clock is behind) stays as it is: the enrolment service runs with that, or says why not.
  await own.enrollment(grpc).catch(failed("the enrolment service's credential"));

  const repeat = (everyMillis: number, what: string, work: () => Promise<void>) =>
    closers.push(repeatedly(everyMillis, work, failed(what)));
  repeat(MINUTE_MILLIS, "refresh of the CRLs", () => context.crls.refresh());
  repeat(MINUTE_MILLIS / 2, "expiry of invitations", () => expireInvitations(context));
  repeat(10 * MINUTE_MILLIS, "filing of expired certificates", () => context.store.sweepExpired(context.clock.now()));
  repeat(60 * MINUTE_MILLIS, "renewal of own certificates", async () => {
    identity = await own.server();
    grpcServer.renewIdentity(identity);
    await own.admin(grpc);
  });
  repeat(PLACE_MILLIS, "the enrolment service's credential", () => own.enrollment(grpc));
  repeat(PLACE_MILLIS, "a look at enrollment.tls", async () => {
    ownCertificate = await readOwn();
  });

  notices.start();

  log("service.started", { service: "ca", grpc, http, isFirstRun });
  return {
    grpc,
    http,
    isUnused: await isUnused(context),
    recovery: recovery && {
      ...recovery,
      forget: async () => {
        await recovery.forget();
        const stale = secrets.findIndex(({ code }) => code === RECOVERY_WARNING);
        if (stale >= 0) secrets.splice(stale, 1);
      },
    },
    operatorFolder: folders.operator,
    enrollmentFolder: folders.enrollment,
    setEnrollment: (state, address) => {
      enrollment = { state, address: address ?? enrollment.address };
    },
    warnings,
    runNotices: () => notices.run(),
    lostCredentials,
    close: async () => {
      await closeAll(closers);
      log("service.stopped", { service: "ca" });
    },
  };
}

/** A process may have ended between a revocation and its CRL: each start signs anew what the store says. */
async function signAll(context: Context): Promise<void> {
  for (const id of context.authorities.ids()) {
    try {
      await context.crls.publish(id, []);
    } catch (error) {
      // With its clock behind, the CA goes on publishing what it has: nginx must not be left without a CRL.
      if (!(error instanceof LatchkeyError && error.code === "CLOCK_BEHIND" && context.crls.current(id) !== undefined)) throw error;
    }
  }
}

async function closeAll(closers: readonly Closer[]): Promise<void> {
  for (const close of closers.toReversed()) await close();
}

/** Answers `host:port` as bound; says which setting to change when a port is taken. */
async function listenOrExplain(listen: (address: string) => Promise<number>, address: string, flag: string): Promise<string> {
  try {
    return `${formatHost(hostOf(address))}:${await listen(address)}`;
  } catch (cause) {
    throw new LatchkeyError("UNAVAILABLE", explainListening(address, flag, cause), { cause });
  }
}
