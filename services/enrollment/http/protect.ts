import type { Request, RequestHandler } from "express";
import { Refusal } from "../problem.js";
import type { AppParts } from "./parts.js";

/** Before anything else looks at a request: does it come from the LAN, by one of our names? */
export function protect({ guard }: AppParts): RequestHandler {
  return (request, response, next) => {
    const verdict = guard.check(request);
    response.locals.address = verdict.address;
    if (verdict.allowed) return next();
    throw new Refusal(
      verdict.reason,
      verdict.reason === "NOT_ON_LAN"
        ? "This service answers on the local network alone, and not through a proxy that it was not told of."
        : "The service is not known by this name: use the link as it was printed.",
    );
  };
}

/** Closed unless needed: what comes behind this is there only while somebody may come for it. `tokenOf`: the token that a request shows, if any. */
export function whileOpen<Parameters>(
  { window }: Pick<AppParts, "window">,
  tokenOf: (request: Request<Parameters>) => string | undefined = () => undefined,
): RequestHandler<Parameters> {
  return async (request, _response, next) => {
    await window.refuseWhenClosed(tokenOf(request));
    next();
  };
}

/**
 * Who asks too often waits. But who shows something that was given to them alone has an allowance of their own, so that nobody else in the house, or
 * behind the same address, can lock them out: `invitedBy` answers what that is, and is asked only when the address has used its own up.
 */
export function limited<Parameters>(
  { limits }: Pick<AppParts, "limits">,
  invitedBy: (request: Request<Parameters>) => Promise<string | undefined> | string | undefined = () => undefined,
): RequestHandler<Parameters> {
  return async (request, response, next) => {
    let waitSeconds = limits.take(String(response.locals.address));
    if (waitSeconds > 0) {
      const invitation = await invitedBy(request);
      if (invitation !== undefined) waitSeconds = limits.takeInvited(invitation);
    }
    if (waitSeconds === 0) return next();
    response.set("Retry-After", String(waitSeconds));
    throw new Refusal("TOO_MANY_REQUESTS", `Too many requests from here: try again in ${waitSeconds} s.`);
  };
}

/** JSON is UTF-8 (RFC 8259 §8.1): in another charset, what checks it on the way may read something else. */
const JSON_TYPE = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/** A form of another site can't send this type without asking first, and nobody is told yes. */
export const requireJson: RequestHandler = (request, _response, next) => {
  if (JSON_TYPE.test(request.get("content-type") ?? "")) return next();
  throw new Refusal("FIELD_INVALID", "Send JSON in UTF-8, with Content-Type: application/json.", [415, "Not JSON"]);
};
