import type { RequestHandler } from "express";
import { Refusal, toProblem } from "../problem.js";
import type { AppParts } from "./parts.js";
import { sendProblem } from "./problem.js";

/** Before anything else looks at a request: does it come from the LAN, by one of our names, and not too often? */
export function protect({ guard, limits, refusals }: AppParts): RequestHandler {
  return (request, response, next) => {
    const verdict = guard.check(request);
    if (!verdict.allowed) {
      refusals.add(verdict.reason, verdict.address);
      const meaning =
        verdict.reason === "NOT_ON_LAN"
          ? "This service answers on the local network alone, and not through a proxy that it was not told of."
          : "The service is not known by this name: use the link as it was printed.";
      return sendProblem(response, toProblem(new Refusal(verdict.reason, meaning)));
    }
    response.locals.address = verdict.address;
    const waitSeconds = limits.take(verdict.address);
    if (waitSeconds > 0) {
      refusals.add("TOO_MANY_REQUESTS", verdict.address);
      response.set("Retry-After", String(waitSeconds));
      return sendProblem(
        response,
        toProblem(new Refusal("TOO_MANY_REQUESTS", `Too many requests from here: try again in ${waitSeconds} s.`)),
      );
    }
    next();
  };
}

/** A form of another site can't send this type without asking first, and nobody is told yes. */
export const requireJson: RequestHandler = (request, response, next) => {
  if (request.is("application/json")) return next();
  sendProblem(response, {
    ...toProblem(new Refusal("FIELD_INVALID", "Send JSON, with Content-Type: application/json.")),
    status: 415,
    title: "Not JSON",
  });
};
