import type { IncomingMessage } from "node:http";
import express, { type Express, type RequestHandler } from "express";
import type { Connection } from "../../../clients/connect/connect.js";
import type { Log } from "../../log.js";
import { onlyHostOf } from "../guard.js";
import { bareApp } from "../http/bare-app.js";
import { headers } from "../http/headers.js";
import { languageOf } from "../http/language.js";
import { LARGEST_BODY } from "../http/parts.js";
import { onError, sendProblem } from "../http/problem.js";
import { requireJson } from "../http/protect.js";
import type { Limits } from "../limits.js";
import { renderCheck } from "../page/check.js";
import { STYLE } from "../page/style.js";
import { Refusal, toProblem } from "../problem.js";
import type { Refusals } from "../refusals.js";
import { DEVICES_OPENAPI } from "./openapi.js";
import { type PeerCa, peerOf } from "./peer.js";
import { renew, reportSighting } from "./renew.js";

export interface DevicesParts {
  /** Is the port called by this host, or shows a certificate for it? */
  readonly isOurs: (host: string) => boolean;
  readonly connection: () => Connection;
  /** Whose certificates devices come with. */
  readonly cas: readonly PeerCa[];
  /** Where the enrolment page listens, which says how a key leaves a device; undefined while it does not. */
  readonly enrollmentPort: () => number | undefined;
  readonly limits: Limits;
  readonly refusals: Refusals;
  readonly log: Log;
}

/** What devices see that come with their certificate: how it stands, and how they get the next one. No invitation, and no bundle. */
export function createDevicesApp(parts: DevicesParts, clientOf: (request: IncomingMessage) => string): Express {
  const app = bareApp();

  app.use(headers, limit(parts, clientOf), refuseOtherHosts(parts));
  app.get("/healthz", (_request, response) => void response.type("text/plain").send("ok\n"));
  app.get("/openapi.json", (_request, response) => void response.json(DEVICES_OPENAPI));
  app.get("/style.css", (_request, response) => void response.type("text/css").set("Cache-Control", "public, max-age=3600").send(STYLE));
  app.get("/", showStanding(parts));
  app.post("/api/v1/renewals", requireJson, express.json({ inflate: false, limit: LARGEST_BODY, strict: true }), renewByApi(parts));
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

function limit({ cas, limits, refusals }: DevicesParts, clientOf: (request: IncomingMessage) => string): RequestHandler {
  return (request, response, next) => {
    const address = clientOf(request);
    response.locals.address = address;
    // Who has proved a certificate has an allowance of its own: nobody without it can use that up.
    const peer = peerOf(request, cas);
    const waitSeconds = peer.kind === "device" ? limits.takeInvited(`${peer.authority}/${peer.serialNumber}`) : limits.take(address);
    if (waitSeconds === 0) return next();
    refusals.add("TOO_MANY_REQUESTS", address);
    response.set("Retry-After", String(waitSeconds));
    const refusal = new Refusal("TOO_MANY_REQUESTS", `Too many requests from here: try again in ${waitSeconds} s.`);
    sendProblem(response, toProblem(refusal));
  };
}

/** A page from elsewhere could rebind its name to us, and read what a browser's certificate shows. */
function refuseOtherHosts({ isOurs }: DevicesParts): RequestHandler {
  return (request, _response, next) => {
    const host = onlyHostOf(request);
    if (host !== undefined && isOurs(host)) return next();
    throw new Refusal("HOST_NOT_ALLOWED", "The service is not known by this name: use one that its certificate is for.");
  };
}

/** "Did it work?": for a person as a page, for a program in JSON. */
function showStanding(parts: DevicesParts): RequestHandler {
  const { cas, connection } = parts;
  return async (request, response) => {
    const peer = peerOf(request, cas);
    const standing = peer.kind === "device" ? await reportSighting(connection(), peer) : ({ status: peer.kind } as const);
    response.status(standing.status === "valid" ? 200 : 403);
    if (request.accepts(["html", "json"]) === "json") response.json(standing);
    else response.type("html").send(renderCheck(languageOf(request), standing, leaveUrlOf(parts, request, response.locals.address)));
  };
}

/** Not for whom a proxy speaks: from where they are, the enrolment page can't be reached, or not by this name. */
function leaveUrlOf({ enrollmentPort }: DevicesParts, { headers: { host = "" }, socket }: IncomingMessage, client: string) {
  const port = enrollmentPort();
  if (port === undefined || socket.remoteAddress !== client) return undefined;
  return `https://${host.replace(/:\d+$/, "")}:${port}/leave`;
}

function renewByApi({ cas, connection }: DevicesParts): RequestHandler {
  return async (request, response) => {
    const peer = peerOf(request, cas);
    if (peer.kind === "expired")
      throw new Refusal("CERTIFICATE_EXPIRED", "This certificate has ended: ask for a new invitation (`latchkey invite --renew`).");
    if (peer.kind === "nobody") throw new Refusal("CERTIFICATE_REQUIRED", "Come with the certificate that is to be renewed.");
    const { csr, signature, revokeOld } = (request.body ?? {}) as Record<string, unknown>;
    if (typeof csr !== "string")
      throw new Refusal("FIELD_INVALID", "`csr` is a certificate signing request for the new key: PEM, or DER in base64.");
    const signed = typeof signature === "string" ? Buffer.from(signature, "base64") : Buffer.alloc(0);
    if (signed.length === 0)
      throw new Refusal(
        "FIELD_INVALID",
        "`signature` is the old key's signature over the new one, in base64 (openapi.json says over what).",
      );
    if (revokeOld !== undefined && typeof revokeOld !== "boolean") throw new Refusal("FIELD_INVALID", "`revokeOld` is true or false.");
    const renewed = await renew(connection(), {
      authority: peer.authority,
      serialNumber: peer.serialNumber,
      csr: csr.includes("-----BEGIN") ? Buffer.from(csr) : Buffer.from(csr, "base64"),
      signature: signed,
      revokeOld: revokeOld === true,
    });
    response.status(201).set("Latchkey-Serial-Number", renewed.serialNumber).json(renewed);
  };
}
