import { createHash } from "node:crypto";
import { serialize } from "node:v8";
import { LatchkeyError } from "../authority/error.js";
import type { Caller } from "../workflows/caller.js";

/**
 * The answers that mutations have just given, by their `request_id` (https://google.aip.dev/155): a caller whose connection broke before
 * the answer came asks again, and gets the same one. In memory alone, since an invitation's answer holds its passphrase: what has to
 * outlive a restart is idempotent in the store.
 */
export interface Answers {
  /** Does the work once for a caller, method, request_id and content; a failure is not kept. Throws FIELD_INVALID for a malformed request_id. */
  once<Response>(caller: Caller, path: string, request: unknown, work: () => Promise<Response>): Promise<Response>;
}

/** Long enough for every retry of one call. */
const KEPT_MILLIS = 60_000;
/** Beyond it the oldest is forgotten: memory is bounded, whatever callers do. */
const MOST_KEPT = 4_096;
const REQUEST_ID = /^[\x21-\x7e]{1,64}$/;

export function createAnswers(now: () => number = () => performance.now()): Answers {
  const kept = new Map<string, { readonly answer: Promise<unknown>; readonly until: number }>();

  function forgetOld(): void {
    for (const [key, { until }] of kept) {
      if (kept.size <= MOST_KEPT && until > now()) return;
      kept.delete(key);
    }
  }

  return {
    once<Response>(caller: Caller, path: string, request: unknown, work: () => Promise<Response>): Promise<Response> {
      const requestId = requestIdOf(request);
      if (requestId === "") return work();
      forgetOld();
      const content = serialize([caller.serialNumber, path, request]);
      const key = createHash("sha256").update(content).digest("base64");
      const known = kept.get(key);
      // The key holds the path, and each path has one type of response.
      if (known !== undefined) return known.answer as Promise<Response>;
      const answer = work();
      kept.set(key, { answer, until: now() + KEPT_MILLIS });
      answer.catch(() => kept.delete(key));
      return answer;
    },
  };
}

function requestIdOf(request: unknown): string {
  if (typeof request !== "object" || request === null || !("requestId" in request)) return "";
  const { requestId } = request;
  if (typeof requestId === "string" && (requestId === "" || REQUEST_ID.test(requestId))) return requestId;
  throw new LatchkeyError("FIELD_INVALID", "A request_id has 1 to 64 printable ASCII characters: a UUID is best.", {
    violations: [{ field: "request_id", description: "is malformed" }],
  });
}
