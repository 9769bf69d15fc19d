import type { Reason } from "../../clients/connect/error.js";
import { CallError } from "../../clients/connect/error.js";
import { REASONS, type Shown } from "./reasons.js";

/** A problem document (RFC 9457) with the stable code that callers switch over. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: Reason;
}

/** A refusal by this service itself. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly reason: Reason,
    message: string,
    /** In place of what the table says of the reason: a status of HTTP's own. */
    readonly shown?: readonly [status: number, title: string],
  ) {
    super(message);
  }
}

export function toProblem(error: unknown): Problem {
  const [code, detail] = reasonOf(error);
  const shownAs = error instanceof Refusal ? error.shown : undefined;
  const [status, title, shown = detail]: Shown = shownAs ?? REASONS[code];
  return { type: `urn:latchkey:problem:${code}`, title, status, detail: shown, code };
}

function reasonOf(error: unknown): [Reason, string] {
  if (error instanceof CallError || error instanceof Refusal) return [error.reason, error.message];
  if (error instanceof URIError) return ["FIELD_INVALID", "This address can't be read: use the link as it was printed."];
  const type = typeof error === "object" && error !== null && "type" in error ? error.type : undefined;
  // What the body parser says of a body.
  if (type === "entity.too.large") return ["MESSAGE_TOO_LARGE", "The body is over 96 KiB."];
  if (typeof type === "string" && /^(entity|encoding|charset|parameters|request)\./.test(type))
    return ["FIELD_INVALID", "The body can't be read: send JSON in UTF-8."];
  return ["INTERNAL", ""];
}
