import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler, type Response } from "express";
import type { Connection } from "../../clients/connect/connect.js";
import type { Log } from "../log.js";
import type { BundleFormat } from "./bundle/bundle.js";
import type { Downloads } from "./downloads.js";
import {
  contentDisposition,
  type Enrolled,
  enroll,
  firstCertificate,
  parseFormat,
  previewInvitation,
  refuseMalformedToken,
} from "./enroll.js";
import type { FormTokens } from "./form-token.js";
import type { Guard } from "./guard.js";
import type { Limits } from "./limits.js";
import { OPENAPI } from "./openapi.js";
import { renderEnded, renderInvitation, renderReady } from "./page/page.js";
import { STYLE } from "./page/style.js";
import { FORMAT_OF, guessPlatform, type Platform, parsePlatform } from "./platform.js";
import { type Problem, Refusal, toProblem } from "./problem.js";

export interface AppParts {
  /** The connection to the CA, as of now: it is replaced when the service renews its credential. */
  readonly connection: () => Connection;
  readonly root: () => Promise<string>;
  readonly guard: Guard;
  readonly limits: Limits;
  readonly downloads: Downloads;
  readonly formTokens: FormTokens;
  /** A certificate of the user's own is shown: there is no root to install. */
  readonly hasOwnCertificate: boolean;
  readonly log: Log;
}

const LARGEST_BODY = "96kb";
/** What a wrong token waits before it learns so, in ms: guessing 128 bits is hopeless, and slow besides. */
const WRONG_TOKEN_DELAY_MILLIS = 400;
const WRONG = new Set(["INVITATION_NOT_FOUND", "PROOF_WRONG"]);

/** The Express application: guard, limits, the page, the API. Nothing of it reads or writes a disk. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.set("query parser", "simple");
  app.set("case sensitive routing", true);
  app.set("strict routing", true);

  app.use(headers, protect(parts));
  app.get("/healthz", (_request, response) => void response.type("text/plain").send("ok\n"));
  app.get("/openapi.json", (_request, response) => void response.json(OPENAPI));
  app.get("/style.css", (_request, response) => void response.type("text/css").set("Cache-Control", "public, max-age=3600").send(STYLE));
  app.get("/ca.crt", async (_request, response) => {
    response.set("Content-Disposition", contentDisposition("house-root.crt"));
    response.type("application/x-x509-ca-cert").send(firstCertificate(await parts.root()));
  });
  app.get("/ca.pem", async (_request, response) => void response.type("application/x-pem-file").send(await parts.root()));

  app.get("/i/:token", showInvitation(parts));
  app.post("/i/:token", express.urlencoded({ extended: false, limit: LARGEST_BODY, parameterLimit: 20 }), enrollByForm(parts));
  app.get("/d/:address", download(parts));
  app.post("/api/v1/enrollments", requireJson, express.json({ limit: LARGEST_BODY, strict: true }), enrollByApi(parts));

  app.use((_request, response) =>
    sendProblem(response, {
      ...toProblem(new Refusal("FIELD_INVALID", "There is nothing at this address.")),
      status: 404,
      title: "Not found",
    }),
  );
  app.use(onError(parts));
  return app;
}

const headers: RequestHandler = (_request, response, next) => {
  response.set({
    "Content-Security-Policy":
      "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
  });
  next();
};

function protect({ guard, limits, log }: AppParts): RequestHandler {
  return (request, response, next) => {
    const verdict = guard.check(request);
    if (!verdict.allowed) {
      log("enrollment.refused", { reason: verdict.reason, address: verdict.address });
      const meaning =
        verdict.reason === "NOT_ON_LAN"
          ? "This service answers on the local network alone, and not through a proxy that it was not told of."
          : "The service is not known by this name: use the link as it was printed.";
      return sendProblem(response, toProblem(new Refusal(verdict.reason, meaning)));
    }
    response.locals.address = verdict.address;
    const waitSeconds = limits.take(verdict.address);
    if (waitSeconds > 0) {
      log("enrollment.refused", { reason: "TOO_MANY_REQUESTS", address: verdict.address });
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
const requireJson: RequestHandler = (request, response, next) => {
  if (request.is("application/json")) return next();
  sendProblem(response, {
    ...toProblem(new Refusal("FIELD_INVALID", "Send JSON, with Content-Type: application/json.")),
    status: 415,
    title: "Not JSON",
  });
};

function showInvitation(parts: AppParts): RequestHandler<{ token: string }> {
  return async (request, response) => {
    const token = refuseMalformedToken(request.params.token);
    const { invitation } = await previewInvitation(parts.connection(), token);
    if (request.accepts(["html", "json"]) === "json") {
      const id = (invitation?.name ?? "").replace("invitations/", "");
      response.json({
        invitation: invitation?.name,
        deviceName: invitation?.deviceName,
        expireTime: invitation?.expireTime?.toISOString(),
        proof: {
          algorithm: "HMAC-SHA-256 over SHA-256(SubjectPublicKeyInfo), key scrypt(passphrase, salt, N=16384, r=8, p=1, 32)",
          salt: id,
        },
      });
      return;
    }
    const platform = platformOf(request);
    const model = {
      deviceName: invitation?.deviceName ?? "",
      expireTime: invitation?.expireTime ?? new Date(),
      platform,
      formToken: parts.formTokens.issue(token),
      hasOwnCertificate: parts.hasOwnCertificate,
    };
    response.type("html").send(renderInvitation(model));
  };
}

/** The page's form, which works without JavaScript: POST, then a redirect to an address that nobody can guess. */
function enrollByForm(parts: AppParts): RequestHandler<{ token: string }> {
  return async (request, response) => {
    const token = refuseMalformedToken(request.params.token);
    const { formToken, format, platform: chosen } = (request.body ?? {}) as Record<string, unknown>;
    if (!parts.formTokens.isOurs(token, formToken)) {
      throw new Refusal("ORIGIN_NOT_ALLOWED", "This did not come from the page itself. Open the link again, and press the button there.");
    }
    const platform = parsePlatform(chosen) ?? platformOf(request);
    const enrolled = await run(parts, response, { token, format: parseFormat(format, FORMAT_OF[platform]), own: undefined });
    const address = parts.downloads.keep(enrolled);
    response.redirect(303, `/d/${address}?platform=${platform}`);
  };
}

/** The page that says what to do with the bundle, and (`?file`) the bundle itself, as often as it is fetched in ten minutes. */
function download({ downloads }: AppParts): RequestHandler<{ address: string }> {
  return (request, response) => {
    const found = downloads.get(request.params.address);
    if (found === undefined)
      throw new Refusal("INVITATION_REDEEMED", "This download is over: it waits for ten minutes. Ask for a new invitation.");
    if (request.query.file === undefined) {
      const platform = parsePlatform(request.query.platform) ?? guessPlatform(request.get("user-agent"));
      response.type("html").send(renderReady({ platform, address: request.params.address, fileName: found.fileName }));
      return;
    }
    response.set({ "Content-Disposition": contentDisposition(found.fileName), "Latchkey-Serial-Number": found.serialNumber });
    response.set("Content-Type", found.contentType).send(Buffer.from(found.content));
  };
}

function enrollByApi(parts: AppParts): RequestHandler {
  return async (request, response) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const token = refuseMalformedToken(body.token);
    const own = ownKeyOf(body);
    const fallback = FORMAT_OF[guessPlatform(request.get("user-agent"))];
    const format: BundleFormat = own === undefined ? parseFormat(body.format, fallback) : parseFormat(body.format ?? "pem", "pem");
    if (own !== undefined && format !== "pem")
      throw new Refusal("FIELD_INVALID", "With a request of your own there is no key to pack: the format is pem.");
    const enrolled = await run(parts, response, { token, format, own });
    response.status(201).set("Latchkey-Serial-Number", enrolled.serialNumber);
    if (request.accepts([enrolled.contentType, "json"]) === "json" && request.get("accept")?.includes("application/json")) {
      const { serialNumber, deviceName, certificateChain, content } = enrolled;
      response.json({
        serialNumber,
        deviceName,
        format: enrolled.format,
        bundle: Buffer.from(content).toString("base64"),
        certificateChain,
      });
      return;
    }
    response.set({ "Content-Disposition": contentDisposition(enrolled.fileName), "Content-Type": enrolled.contentType });
    response.send(Buffer.from(enrolled.content));
  };
}

async function run(
  parts: AppParts,
  response: Response,
  enrollment: { token: string; format: BundleFormat; own: { csr: Buffer; proof: Buffer } | undefined },
): Promise<Enrolled> {
  const roots = parts.hasOwnCertificate ? [] : [await parts.root()];
  return await enroll(parts.connection(), { ...enrollment, remoteAddress: String(response.locals.address) }, roots);
}

/** A device's own request and the proof with it: neither without the other. Throws PROOF_WRONG, FIELD_INVALID. */
function ownKeyOf({ csr, proof }: Record<string, unknown>): { csr: Buffer; proof: Buffer } | undefined {
  if (csr === undefined && proof === undefined) return undefined;
  if (typeof csr !== "string") throw new Refusal("FIELD_INVALID", "`csr` is a certificate signing request: PEM, or DER in base64.");
  if (typeof proof !== "string")
    throw new Refusal(
      "PROOF_WRONG",
      "A request of your own needs `proof`, the proof of the passphrase (openapi.json says how it is made).",
    );
  const decoded = Buffer.from(proof, "base64");
  if (decoded.length !== 32) throw new Refusal("PROOF_WRONG", "`proof` is 32 octets in base64.");
  return { csr: csr.includes("-----BEGIN") ? Buffer.from(csr) : Buffer.from(csr, "base64"), proof: decoded };
}

function platformOf(request: Request<{ token: string }>): Platform {
  return parsePlatform(request.query.platform) ?? guessPlatform(request.get("user-agent"));
}

function onError({ limits, log }: AppParts): ErrorRequestHandler {
  return async (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const problem = toProblem(error);
    const address = String(response.locals.address ?? "");
    log("enrollment.refused", {
      reason: problem.code,
      address,
      ...(problem.code === "INTERNAL" ? { error: error instanceof Error ? error.message : String(error) } : {}),
    });
    if (WRONG.has(problem.code)) {
      limits.penalise(address);
      await new Promise((resolve) => setTimeout(resolve, WRONG_TOKEN_DELAY_MILLIS));
    }
    const isPage = (request.path.startsWith("/i/") || request.path.startsWith("/d/")) && request.accepts(["html", "json"]) === "html";
    if (isPage) response.status(problem.status).type("html").send(renderEnded(problem));
    else sendProblem(response, problem);
  };
}

function sendProblem(response: Response, problem: Problem): void {
  response
    .status(problem.status)
    .set("Content-Type", "application/problem+json")
    .send(Buffer.from(JSON.stringify(problem)));
}
