import type { ErrorRequestHandler, Request, Response } from "express";
import { renderEnded } from "../page/ended.js";
import type { Device } from "../page/steps.js";
import { type Problem, toProblem } from "../problem.js";
import { languageOf } from "./language.js";
import type { AppParts } from "./parts.js";

/** What a wrong token waits before it learns so, in ms: guessing 128 bits is hopeless, and slow besides. */
const WRONG_TOKEN_DELAY_MILLIS = 400;
const WRONG = new Set(["INVITATION_NOT_FOUND", "PROOF_WRONG"]);
/** Who comes by a wrong way is no guest: no page for them. */
const NO_GUEST = new Set(["NOT_ON_LAN", "HOST_NOT_ALLOWED"]);

/**
 * The one place where what a handler throws becomes an answer: a page for a person, else a problem document. `deviceOf`: where devices are set up,
 * the one that asks.
 */
export function onError(
  { limits, refusals, log }: Pick<AppParts, "limits" | "refusals" | "log">,
  deviceOf?: (request: Request) => Device,
): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const problem = toProblem(error);
    const address = String(response.locals.address ?? "");
    // What the service or the CA could not do is nobody's refusal.
    if (problem.status < 500) refusals.add(problem.code, address);
    else log("call.failed", { reason: problem.code, address, error: error instanceof Error ? error.message : String(error) });
    if (WRONG.has(problem.code)) {
      limits.penalise(address);
      await new Promise((resolve) => setTimeout(resolve, WRONG_TOKEN_DELAY_MILLIS));
    }
    const isPage = !NO_GUEST.has(problem.code) && /^\/($|[id]\/)/.test(request.path) && request.accepts(["html", "json"]) === "html";
    if (isPage)
      response
        .status(problem.status)
        .type("html")
        .send(renderEnded(problem, languageOf(request), deviceOf?.(request)));
    else sendProblem(response, problem);
  };
}

export function sendProblem(response: Response, problem: Problem): void {
  response
    .status(problem.status)
    .set("Content-Type", "application/problem+json")
    .send(Buffer.from(JSON.stringify(problem)));
}
