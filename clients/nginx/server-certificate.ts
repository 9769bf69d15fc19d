import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Connection } from "../connect/connect.js";
import { CallError, isUnreachable } from "../connect/error.js";
import { requestServerCertificate } from "../connect/server-certificate.js";
import { createBackoff } from "./backoff.js";
import type { Log } from "./events.js";
import type { Installed } from "./installed.js";
import { Problem } from "./problem.js";
import { isDueInQuiet } from "./quiet-hour.js";
import type { Warning } from "./warning.js";

/** Is a new one needed: none yet, other names than these, or two thirds of its life over and a quiet hour come? */
export function needsServerCertificate(held: string | undefined, names: readonly string[], at: Date): boolean {
  if (held === undefined) return true;
  try {
    const certificate = new X509Certificate(held);
    const has = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name, { subject: "never" }) : certificate.checkIP(name)) !== undefined;
    return isDueInQuiet(held, at) || !names.every(has);
  } catch {
    return true;
  }
}

const FIRST_RETRY_MILLIS = 60_000;
const LONGEST_RETRY_MILLIS = 60 * 60_000;

/** Keeps nginx provided with a certificate of its own, over any number of connections. */
export interface CertificateKeeper {
  /** Why nginx has none, or goes on with one that should have been renewed. */
  readonly warning: Warning | undefined;
  /** Fetches one if its time has come. Throws CallError when the CA can't be reached. */
  refresh(connection: Connection, names: readonly string[]): Promise<void>;
}

/**
 * Without a certificate CRLs are kept all the same: what the CA or the disk refuses is a warning, and is tried again later.
 *
 * @param onInstalled has nginx take what has been laid into the folder
 */
export function createCertificateKeeper(installed: Place, onInstalled: () => Promise<void>, log: Log): CertificateKeeper {
  const retry = createBackoff(FIRST_RETRY_MILLIS, LONGEST_RETRY_MILLIS);
  let warning: Warning | undefined;
  let retryAtMillis = 0;

  async function fetch(connection: Connection, names: readonly string[]): Promise<void> {
    try {
      await installed.putServerCertificate(await requestServerCertificate(connection, names));
      warning = undefined;
      retry.reset();
    } catch (error) {
      if (isUnreachable(error)) throw error;
      warning = toWarning(error, installed.serverCertificate);
      retryAtMillis = Date.now() + retry.next();
      log("server_certificate.failed", { code: warning.code, detail: warning.message });
      return;
    }
    await onInstalled();
  }

  return {
    get warning() {
      return warning;
    },
    async refresh(connection, names) {
      // Who has no names there brings a certificate of their own.
      if (names.length === 0) return;
      if (!needsServerCertificate(installed.serverCertificate, names, new Date())) warning = undefined;
      else if (Date.now() >= retryAtMillis) await fetch(connection, names);
    },
  };
}

type Place = Pick<Installed, "serverCertificate" | "putServerCertificate">;

/** Throws what nobody foresaw. */
function toWarning(error: unknown, held: string | undefined): Warning {
  const now = held === undefined ? "nginx has no certificate of its own" : `nginx goes on with its old certificate (${endOf(held)})`;
  if (error instanceof CallError)
    return { code: "SERVER_CERTIFICATE_REFUSED", message: `${now}, since the CA refuses it a new one: ${error.message}` };
  if (error instanceof Problem)
    return { code: "SERVER_CERTIFICATE_NOT_WRITTEN", message: `${now}, since a new one could not be written: ${error.message}` };
  throw error;
}

function endOf(certificate: string): string {
  try {
    return `good until ${new Date(new X509Certificate(certificate).validTo).toISOString()}`;
  } catch {
    return "which can't be read";
  }
}
