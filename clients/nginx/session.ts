import { join } from "node:path";
import { ReportSightingsRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { ReportEnforcementRequest } from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, call, connect } from "../connect/connect.js";
import type { Credential } from "../connect/credential.js";
import { CallError } from "../connect/error.js";
import { renewIfDue } from "../connect/renew.js";
import { adoptedAnchors, devicesAnchor } from "./devices-ca.js";
import type { Enforcement } from "./enforcement.js";
import type { Log } from "./events.js";
import type { HookRole } from "./hook-credential.js";
import type { Keeper } from "./keeper.js";
import { nginxVersion } from "./nginx-version.js";
import type { HookOptions } from "./options.js";
import { type CrlSet, watchCrl } from "./watch.js";

/** In one report. */
const MOST_SIGHTINGS = 1_000;
const RENEWAL_LOOK_MILLIS = 60 * 60_000;

/** One connection to the CA, with the hook's credential, on behalf of a keeper. */
export interface Session {
  /** `host:port` of the CA. */
  readonly address: string;
  /** Takes the devices CA from the CA and pins it. Throws CallError, and Problem (CA_CHANGED). */
  pinTrust(): Promise<void>;
  /** Sees to it that nginx has a certificate of its own. Throws CallError when the CA can't be reached. */
  refreshServerCertificate(): Promise<void>;
  /** Sees to it that the hook has its canaries. Answers whether one was revoked. */
  refreshCanaries(): Promise<boolean>;
  /** Hands on each CRL that comes, until the signal fires. Throws CallError when the stream ends, Problem (CRL_CORRUPT). */
  watch(onCrl: (crl: CrlSet) => void, signal: AbortSignal): Promise<void>;
  /** Resolves when the credential has been renewed, or the signal fires: a connection can outlast its credential. */
  renewed(signal: AbortSignal): Promise<void>;
  /** Tells the CA how far the hook has come. Throws CallError. */
  report(enforcement: Enforcement): Promise<void>;
  /** Tells the CA which devices nginx has let in. Throws CallError. */
  reportSightings(serialNumbers: readonly string[]): Promise<void>;
  close(): void;
}

/** What a session has to know of whom it is for. */
export interface SessionOptions {
  /** The credential's folder, and the role that it must have. */
  readonly credential: string;
  readonly role: HookRole;
  readonly serverNames: readonly string[] | undefined;
  /** What the CA is told of an enforcement; undefined: nothing, since nothing is proved. */
  readonly toReport: ((enforcement: Enforcement) => Promise<ReportEnforcementRequest>) | undefined;
  readonly dir: string;
}

/** For a hook, which reports. */
export function hookSession({ credential, serverNames, dir, commands }: HookOptions): SessionOptions {
  return { credential, role: "nginx", serverNames, dir, toReport: (enforcement) => toReport(enforcement, commands.nginx) };
}

/** Connects with the first call. Renews the credential first, if its time has come. */
export async function openSession(present: Credential, options: SessionOptions, keeper: Keeper, log: Log): Promise<Session> {
  const credential = await renewIfDue(present, log);
  const connection = connect(credential);
  const names = options.serverNames ?? credential.serverNames ?? [];
  return {
    address: credential.address,
    async pinTrust() {
      const { anchors } = await call(connection.publication, "getTrustBundle", {});
      keeper.pin(devicesAnchor(anchors), adoptedAnchors(anchors));
      log("ca.connected", { address: credential.address });
    },
    refreshServerCertificate: () => keeper.refreshServerCertificate(connection, names),
    refreshCanaries: () => keeper.refreshCanaries(connection),
    watch: (onCrl, signal) =>
      watchCrl(connection, keeper.set, onCrl, signal, ({ message }) => log("crl.change_unfit", { detail: message })),
    renewed: (signal) => untilRenewed(credential, log, signal),
    async report(enforcement) {
      if (options.toReport !== undefined) await sendReport(connection, await options.toReport(enforcement), options.dir);
    },
    async reportSightings(serialNumbers) {
      for (let from = 0; from < serialNumbers.length; from += MOST_SIGHTINGS) {
        const request = ReportSightingsRequest.create({ serialNumbers: serialNumbers.slice(from, from + MOST_SIGHTINGS) });
        await call(connection.certificates, "reportSightings", request);
      }
    },
    close: () => connection.close(),
  };
}

/** Looks every hour. */
function untilRenewed(credential: Credential, log: Log, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearInterval(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const look = async () => {
      if ((await renewIfDue(credential, log)) !== credential) finish();
    };
    const timer = setInterval(() => void look().catch(reject), RENEWAL_LOOK_MILLIS);
    signal.addEventListener("abort", finish, { once: true });
    if (signal.aborted) finish();
  });
}

/** The CRL that is held is offered along. When it is more than the CA takes in, the rest of the report must get there all the same. */
export async function sendReport({ publication }: Connection, report: ReportEnforcementRequest, dir: string): Promise<void> {
  try {
    await call(publication, "reportEnforcement", report);
  } catch (error) {
    if (!(error instanceof CallError && error.reason === "MESSAGE_TOO_LARGE") || report.heldCrl.length === 0) throw error;
    const megabytes = (report.heldCrl.length / 1e6).toFixed(1);
    const note = `The CRL held (${megabytes} MB, ${join(dir, "devices-crl.pem")}) is too large to be offered to the CA: \`latchkey crl restore\` can't take it. Restore a newer backup of the CA, or revoke those that are missing once more.`;
    const problemDetail = `${report.problemDetail} ${note}`;
    await call(publication, "reportEnforcement", { ...report, problemDetail, heldCrl: Buffer.alloc(0) });
  }
}

async function toReport(
  { enforced, problem, warnings, refusesCanaries = false }: Enforcement,
  nginx: string | undefined,
): Promise<ReportEnforcementRequest> {
  return ReportEnforcementRequest.create({
    crlNumber: enforced === undefined ? "" : String(enforced),
    problem: problem?.code ?? "",
    problemDetail: problem?.message ?? "",
    relyingParty: await nginxVersion(nginx),
    clock: new Date(),
    warnings: warnings.map(({ code, message }) => ({ code, message })),
    refusesCanaries,
    heldCrl: problem?.heldCrl === undefined ? Buffer.alloc(0) : Buffer.from(problem.heldCrl),
  });
}
