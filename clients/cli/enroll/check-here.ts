import type { KeyObject } from "node:crypto";
import { isReason } from "../failure.js";
import { printable } from "../terminal.js";
import { askService, placeOf, type Trust, whyNot } from "./ask-service.js";
import { parseJson } from "./service.js";

/** What the devices' port says to "Did it work?", or why it says nothing. */
export type Checked =
  | { readonly url: string; readonly status: string; readonly deviceName: string; readonly notAfter: string }
  /** `problem` goes on from the address: `can't be reached from here (…)`. */
  | { readonly url: string; readonly problem: string };

/** The enrolment is done: nobody should wait long for what is only good to know. */
const LONGEST_MILLIS = 5_000;

/**
 * Shows the devices' port this device's certificate, and asks how it stands. Undefined where the service has named no such port. What goes wrong
 * is told, never thrown: the device is enrolled all the same.
 */
export async function checkHere(
  checkUrl: unknown,
  { certificateChain, privateKey }: { readonly certificateChain: string; readonly privateKey: KeyObject },
  trust: Trust,
): Promise<Checked | undefined> {
  if (typeof checkUrl !== "string" || !URL.canParse(checkUrl)) return undefined;
  const url = new URL(checkUrl);
  if (url.protocol !== "https:") return undefined;
  const identity = { certificate: certificateChain, key: privateKey.export({ format: "pem", type: "pkcs8" }).toString() };
  try {
    const { status, body } = await askService(placeOf(url), { path: "/", identity, withinMillis: LONGEST_MILLIS }, trust);
    return { url: url.href, ...readStanding(status, parseJson(body)) };
  } catch (error) {
    return { url: url.href, problem: problemOf(error) };
  }
}

const NO_LATCHKEY = "answers, but is no Latchkey";

type Standing = { status: string; deviceName: string; notAfter: string } | { problem: string };

function readStanding(httpStatus: number, document: object | undefined): Standing {
  const { status, deviceName, notAfter, code, detail } = (document ?? {}) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === "string" ? printable(value) : "");
  if (typeof status === "string") return { status: text(status), deviceName: text(deviceName), notAfter: text(notAfter) };
  return { problem: isReason(code) ? `says: ${text(detail).replace(/\.$/, "")}` : `${NO_LATCHKEY} (HTTP ${httpStatus})` };
}

function problemOf(error: unknown): string {
  const { code, cause = error } = error as { code?: unknown; cause?: unknown };
  if (code === "SERVICE_UNKNOWN") return NO_LATCHKEY;
  const why = cause instanceof Error ? whyNot(cause) : String(cause);
  return code === "SERVER_NOT_TRUSTED" ? `can't prove that it is the house's (${why})` : `can't be reached from here (${why})`;
}
