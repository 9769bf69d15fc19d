import { toBase64 } from "../bundle/octets.js";

/** What the service answers to an enrolment with a key of the device's own. */
export interface Enrolled {
  readonly serialNumber: string;
  readonly deviceName: string;
  readonly deviceId: string;
  /** PEM. */
  readonly certificateChain: string;
  /** PEM: what a profile brings along. */
  readonly roots: readonly string[];
  /** The right to hand a packed profile to the service, which serves the newest back. */
  readonly uploadTicket: string;
}

/** The service said no; `code` is that of its problem document. */
export class Refused extends Error {
  override readonly name = "Refused";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const TRIES = 5;
const FIRST_WAIT_MILLIS = 500;

/** Consumes nothing. Throws Refused (INVITATION_REDEEMED …), TypeError. */
export async function refuseUnlessOpen(token: string): Promise<void> {
  await ask(`/i/${token}`, { headers: { Accept: "application/json" } });
}

/** Redeems the invitation. Made again when the network fails: the same token and key get the same answer. Throws Refused, TypeError. */
export async function enroll(token: string, csr: Uint8Array, proof: Uint8Array): Promise<Enrolled> {
  return await post<Enrolled>("/api/v1/enrollments", { token, csr: toBase64(csr), proof: toBase64(proof) });
}

/** Hands a packed profile over, and answers the path where a navigation gets it back. Throws Refused, TypeError. */
export async function upload(ticket: string, content: Uint8Array): Promise<string> {
  const { path } = await post<{ path: string }>("/api/v1/downloads", { ticket, content: toBase64(content) });
  return path;
}

async function post<Answer>(path: string, body: object): Promise<Answer> {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  return await ask<Answer>(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function ask<Answer>(path: string, request: RequestInit): Promise<Answer> {
  for (let tried = 1; ; tried += 1) {
    const isLast = tried === TRIES;
    try {
      const response = await fetch(path, request);
      if (response.ok) return (await response.json()) as Answer;
      const isPassing = response.status === 429 || response.status >= 500;
      if (!isPassing || isLast) throw await refusalOf(response);
    } catch (error) {
      if (error instanceof Refused || isLast) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MILLIS * 2 ** (tried - 1)));
  }
}

async function refusalOf(response: Response): Promise<Refused> {
  try {
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    return new Refused(code, detail);
  } catch {
    return new Refused("UNAVAILABLE", `HTTP ${response.status}`);
  }
}
