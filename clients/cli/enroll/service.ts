import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandError } from "../error.js";
import { isReason } from "../failure.js";
import { printable } from "../terminal.js";
import { askService, type Place, type Question, stranger, type Trust } from "./ask-service.js";
import { type Fingerprint, parseFingerprint, showFingerprint } from "./fingerprint.js";
import type { InvitationLink } from "./link.js";

/** An enrolment service that has proved whose it is. */
export interface Service {
  /** The house's root (PEM); undefined where the system's own roots verify the service. */
  readonly root: string | undefined;
  /** By what it has proved itself, and has to again. */
  readonly trust: Trust;
  /** The id of the invitation, which consumes nothing. Throws what is wrong with it (INVITATION_EXPIRED …). */
  invitationId(): Promise<string>;
  /** Redeems the invitation. The same key gets the same answer: asked again when an answer is lost. Throws PROOF_WRONG, INVITATION_… */
  enroll(csr: Uint8Array, proof: Uint8Array): Promise<Enrolled>;
}

export interface Enrolled {
  readonly serialNumber: string;
  readonly deviceName: string;
  readonly deviceId: string;
  /** PEM: the device's certificate, then the CA that signed it. */
  readonly certificateChain: string;
  /** Where a device tries its certificate; undefined where nothing listens there (or the service is older than this command). */
  readonly checkUrl?: string;
}

const TRIES = 5;
const FIRST_WAIT_MILLIS = 500;
const PASSING = new Set(["UNAVAILABLE", "DEADLINE_EXCEEDED", "TOO_MANY_REQUESTS"]);

/**
 * Finds out whether the service is the house's, before it is told anything of the invitation: its root has this fingerprint, and from there on
 * that root alone is trusted. Without a fingerprint this system's roots have to know the service.
 * Throws FINGERPRINT_WRONG, and what `askService` throws.
 */
export async function openService(link: InvitationLink, expected: Fingerprint | undefined): Promise<Service> {
  const root = expected === undefined ? undefined : await fetchRoot(link, expected);
  const trust: Trust = root === undefined ? "system" : { root };
  return {
    root,
    trust,
    async invitationId() {
      const { invitation } = await askJson<{ invitation?: unknown }>(link, { path: `/i/${link.token}` }, trust);
      if (typeof invitation === "string") return invitation.replace("invitations/", "");
      throw stranger(link.host, link.port, "it does not know what an invitation is");
    },
    async enroll(csr, proof) {
      const body = { token: link.token, csr: Buffer.from(csr).toString("base64"), proof: Buffer.from(proof).toString("base64") };
      return await patiently(() => askJson<Enrolled>(link, { path: "/api/v1/enrollments", body }, trust));
    },
  };
}

async function fetchRoot(link: InvitationLink, expected: Fingerprint): Promise<string> {
  const { host, port } = link;
  const { status, body } = await askService(link, { path: "/ca.pem" }, "nobody");
  // It has not proved yet whose it is; but why it turns this device away is worth knowing.
  if (status !== 200) throw refusalOf(link, status, parseJson(body));
  const root = readCertificate(body.toString());
  if (root === undefined) throw stranger(host, port, "it shows no root certificate");
  const found = parseFingerprint(root.fingerprint256);
  if (found === expected) return root.toString();
  throw new CommandError(
    "FINGERPRINT_WRONG",
    `The root certificate at ${host}:${port} is not the one whose fingerprint you gave. Nothing of the invitation was sent. Compare once more with what \`latchkey invite\` shows; if that is what you gave, somebody stands in between: stop here.\n  given  ${showFingerprint(expected)}\n  found  ${showFingerprint(found)}`,
  );
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** The answer's JSON. Throws what `askService` throws, and a refusal of the service under its own code. */
export async function askJson<T>(place: Place, question: Question, trust: Trust): Promise<T> {
  const { status, body } = await askService(place, question, trust);
  const document = parseJson(body);
  if (document !== undefined && status >= 200 && status < 300) return document as T;
  throw refusalOf(place, status, document);
}

export function parseJson(body: Buffer): object | undefined {
  try {
    const document: unknown = JSON.parse(body.toString());
    return typeof document === "object" && document !== null ? document : undefined;
  } catch {
    return undefined;
  }
}

/** A problem document (RFC 9457) with a code that we know, as a refusal of our own. */
function refusalOf({ host, port }: Place, status: number, document: object | undefined): CommandError {
  const { code, detail } = (document ?? {}) as { code?: unknown; detail?: unknown };
  if (isReason(code) && typeof detail === "string") return new CommandError(code, printable(detail));
  return stranger(host, port, `HTTP ${status}`);
}

/** A call that may be made again is made again while what stands in its way may pass. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CommandError && PASSING.has(error.code)) || tried === TRIES) throw error;
      await sleep(FIRST_WAIT_MILLIS * 2 ** (tried - 1));
    }
  }
}
