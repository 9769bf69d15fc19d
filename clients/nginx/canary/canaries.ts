import { X509Certificate } from "node:crypto";
import { IssueCanaryRequest, RevokeCanaryRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "../../connect/connect.js";
import { isDueForRenewal } from "../../connect/credential.js";
import { CallError } from "../../connect/error.js";
import { createKeyAndRequest } from "../../connect/request.js";
import { createBackoff } from "../backoff.js";
import type { Installed } from "../installed.js";
import { readIssuer } from "../issuer.js";
import { isDueInQuiet } from "../quiet-hour.js";
import type { Settings } from "../read-settings.js";
import { SettingsError } from "../settings/tokenize.js";
import type { Warning } from "../warning.js";
import type { Identity } from "./ask.js";
import { type Doors, findDoors } from "./doors.js";
import { type CanaryName, canaryFiles } from "./files.js";
import { type KeptSession, keepSessions, tryDoors } from "./proof.js";
import { CHECK_PATH, RULE } from "./rule.js";

/** By which the hook tries its door. Its methods are called one at a time. */
export interface Canaries {
  /** Every server that lets devices in refuses canaries, but for its check location. False while that is not known. */
  readonly areRefused: boolean;
  readonly warnings: readonly Warning[];
  /** Begins sessions that must not go on after the reload. */
  beforeReload(settings: Settings): Promise<void>;
  /**
   * Tries the doors, where there are canaries: without them, the rest of the proof has to do, and a warning says so.
   * Throws Problem (CANARY_…, SESSION_OUTLIVES_RELOAD).
   */
  prove(settings: Settings): Promise<void>;
  /** Sees to it that there are two, by their time. What is in the way is a warning. Answers whether one was revoked: a newer CRL says so. */
  refresh(connection: Connection): Promise<boolean>;
}

const FIRST_RETRY_MILLIS = 60_000;
const LONGEST_RETRY_MILLIS = 60 * 60_000;
/** A session is good for five minutes, unless nginx is told otherwise: twice as long is enough to have tried it. */
const SESSION_MILLIS = 10 * 60_000;
/** So long before its end a canary is not used any more: clocks differ. */
const MARGIN_MILLIS = 10 * 60_000;

export function createCanaries(dir: string, installed: Pick<Installed, "ca" | "crl">): Canaries {
  const files = canaryFiles(dir);
  const retry = createBackoff(FIRST_RETRY_MILLIS, LONGEST_RETRY_MILLIS);
  let retryAtMillis = 0;
  let failure: string | undefined;
  let doors: Doors | undefined;
  let unreachable: readonly string[] = [];
  let isTried = false;
  /** There are canaries, and none to try the door with. */
  let isOver = false;
  let ofGood: readonly KeptSession[] = [];
  let ofRevoked: { readonly sessions: readonly KeptSession[]; readonly atMillis: number } = { sessions: [], atMillis: 0 };

  const isSafe = () => doors !== undefined && doors.open.length === 0;

  async function look(settings: Settings): Promise<void> {
    try {
      doors = settings.kind === "dump" ? await findDoors(settings.dump, dir) : undefined;
    } catch (error) {
      // The audit says it.
      if (!(error instanceof SettingsError)) throw error;
      doors = undefined;
    }
  }

  const isOnCrl = ({ certificate }: Identity) =>
    installed.crl?.serialNumbers.has(readIssuer(new X509Certificate(certificate)).serialNumber) ?? false;

  /** One of this CA's that has not ended. */
  async function usable(name: CanaryName): Promise<Identity | undefined> {
    const identity = await files.read(name);
    if (identity === undefined || installed.ca === undefined) return undefined;
    try {
      const certificate = new X509Certificate(identity.certificate);
      const isOurs = certificate.verify(installed.ca.publicKey);
      return isOurs && Date.parse(certificate.validTo) > Date.now() + MARGIN_MILLIS ? identity : undefined;
    } catch {
      return undefined;
    }
  }

  /** Good as nginx sees it: an administrator may have revoked it. */
  async function good(): Promise<Identity | undefined> {
    const identity = await usable("good");
    return identity !== undefined && !isOnCrl(identity) ? identity : undefined;
  }

  async function issue(connection: Connection, name: CanaryName): Promise<Identity> {
    const { key, csr } = await createKeyAndRequest();
    const { certificateChain } = await call(connection.certificates, "issueCanary", IssueCanaryRequest.create({ csr }));
    const identity = { certificate: certificateChain, key };
    await files.write(name, identity);
    return identity;
  }

  /** Answers whether the CA has revoked it: one that was restored from an older backup knows nothing of it, and another one has to be issued. */
  async function revoke(connection: Connection, name: CanaryName, { certificate }: Identity): Promise<boolean> {
    const serialNumber = new X509Certificate(certificate).serialNumber.toLowerCase();
    const request = RevokeCanaryRequest.create({ name: `authorities/devices/certificates/${serialNumber}` });
    try {
      await call(connection.certificates, "revokeCanary", request);
      return true;
    } catch (error) {
      if (!(error instanceof CallError && error.reason === "CERTIFICATE_NOT_FOUND")) throw error;
      await files.remove(name);
      return false;
    }
  }

  /** Whatever was there: the CA takes a second revocation for the first. */
  async function keepTwo(connection: Connection): Promise<boolean> {
    const held = await good();
    if (held === undefined || isDueForRenewal(held.certificate, new Date())) await issue(connection, "good");
    const doomed = await usable("revoked");
    // Its revocation has every door reload, and cuts what is open there.
    const isFresh = doomed !== undefined && !isDueInQuiet(doomed.certificate, new Date());
    if (isFresh && isOnCrl(doomed)) return false;
    const next = isFresh ? doomed : await issue(connection, "revoked");
    // While it is still good: what is begun now must not be resumed once it is revoked.
    ofRevoked = { sessions: await keepSessions(doors?.addresses ?? [], next), atMillis: Date.now() };
    return await revoke(connection, "revoked", next);
  }

  /** A canary must not be there that opens more than the check location. */
  async function giveUp(connection: Connection): Promise<boolean> {
    let hasRevoked = false;
    for (const name of ["good", "revoked"] as const) {
      const held = await usable(name);
      if (held !== undefined && !isOnCrl(held)) hasRevoked = (await revoke(connection, name, held)) || hasRevoked;
      await files.remove(name);
    }
    return hasRevoked;
  }

  function warningsNow(): Warning[] {
    if (doors === undefined) return [];
    if (doors.open.length > 0) return [{ code: "CANARY_RULE_MISSING", message: ruleMissing(doors.open) }];
    const why = failure ?? (isOver ? "Those that it has are over, and the CA has given it no others yet." : undefined);
    if (!isTried && why !== undefined) return [{ code: "CANARY_MISSING", message: missing(why) }];
    const untried = [...doors.untried, ...unreachable];
    return untried.length === 0 ? [] : [{ code: "CANARY_NOT_TRIED", message: notTried(untried) }];
  }

  return {
    get areRefused() {
      return isSafe();
    },

    get warnings() {
      return warningsNow();
    },

    async beforeReload(settings) {
      await look(settings);
      const identity = await good();
      // Who did not answer the last time would be waited for before every reload.
      const answering = doors?.addresses.filter(({ label }) => !unreachable.includes(label)) ?? [];
      ofGood = identity === undefined || !isSafe() ? [] : await keepSessions(answering, identity);
    },

    async prove(settings) {
      await look(settings);
      const [held, doomed] = [await good(), await usable("revoked")];
      isTried = held !== undefined && doomed !== undefined && isOnCrl(doomed) && isSafe();
      isOver = !isTried && ((held === undefined && (await files.has("good"))) || (doomed === undefined && (await files.has("revoked"))));
      if (!isTried || held === undefined || doomed === undefined) return;
      const isRecent = Date.now() - ofRevoked.atMillis < SESSION_MILLIS;
      const trial = { doors: doors?.addresses ?? [], good: held, revoked: doomed, ofGood, ofRevoked: isRecent ? ofRevoked.sessions : [] };
      unreachable = (await tryDoors(trial)).map(({ label }) => label);
      ofGood = [];
    },

    async refresh(connection) {
      if (doors === undefined || Date.now() < retryAtMillis) return false;
      try {
        const hasRevoked = isSafe() ? await keepTwo(connection) : await giveUp(connection);
        failure = undefined;
        retry.reset();
        return hasRevoked;
      } catch (error) {
        if (!(error instanceof CallError) && !isOfDisk(error)) throw error;
        failure = error instanceof CallError ? `${error.reason}: ${error.message}` : error.message;
        retryAtMillis = Date.now() + retry.next();
        return false;
      }
    },
  };
}

function isOfDisk(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

function ruleMissing(open: readonly string[]): string {
  return `Whether nginx refuses a revoked device is not tried at the door, since a canary would open more of it than it should. Write in ${open.join(", ")}, before any rewrite, if or break: ${RULE.join(" ")} And, where it is missing: location = ${CHECK_PATH} { default_type text/plain; return 200 "This device is let in\\n"; } (\`latchkey-nginx config\` prints all of it.) Or start the hook with --no-canary.`;
}

function missing(failure: string): string {
  return `Whether nginx refuses a revoked device is not tried at the door, for want of a canary; the rest of the proof counts. ${failure}`;
}

function notTried(doors: readonly string[]): string {
  return `A canary could not be tried at ${doors.join(", ")}: that server has no ${CHECK_PATH}, no name or address by which it is reached from this host, or did not answer. The rest of the proof counts.`;
}
