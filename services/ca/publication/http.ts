import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { hostOf, portOf } from "../../address.js";
import { encodePem } from "../authority/der/pem.js";
import type { AuthorityId, CrlRecord, Der } from "../authority/types.js";
import type { Context } from "../workflows/context.js";
import { createOcspService, type OcspService } from "../workflows/ocsp.js";
import { answerMetrics, createReaderCheck, type MetricsPage } from "./metrics.js";
import { answerOcsp, isOcspPath } from "./ocsp.js";

/** What is published: all of it is public and signed, hence plain HTTP (RFC 5280 §8: a CRL over HTTPS would need itself). */
interface Document {
  readonly contentType: string;
  readonly content: Uint8Array;
  readonly lastModified: Date;
  /** Until when a cache may keep it. */
  readonly freshUntil: Date;
}

const PATH = /^\/(ca|crl)\/([a-z0-9-]+?)(-delta)?\.(crt|pem|crl)$/;
const PUBLISHED =
  "There are /ca/<authority>.crt, /ca/<authority>.pem, /crl/<authority>.crl and /crl/<authority>.pem, for devices, servers, operators and adopted-N, /crl/<authority>-delta.crl where `crl.delta` is on, and /ocsp.";
const HOUR_MILLIS = 3600_000;

export interface PublicationServer {
  /** `HOST:PORT`; answers the port as bound. */
  listen(address: string): Promise<number>;
  close(): Promise<void>;
}

/** Publishes `/ca/<authority>.{crt,pem}`, `/crl/<authority>.{crl,pem}` and, where they are on, `/crl/<authority>-delta.{crl,pem}`, with conditional requests (RFC 9110 §13), and answers `/ocsp`; `/metrics` to its readers alone. */
export function createPublicationServer(context: Context, metrics?: MetricsPage): PublicationServer {
  const etags = new WeakMap<Uint8Array, string>();
  const service = createOcspService(context);
  const ocsp = metrics === undefined ? service : observeOcsp(service, metrics);
  const mayRead = createReaderCheck(metrics?.readers ?? []);
  const failed = (response: ServerResponse, what: string) => (error: unknown) => {
    context.log("service.failed", { what, error: error instanceof Error ? error.message : String(error) });
    response.destroy();
  };
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8 * 1024, keepAliveTimeout: 5_000, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      // Not by URL: it would take the `//` that base64 may hold for something else.
      const [path = "/"] = (request.url ?? "/").split("?");
      if (isOcspPath(path)) {
        answerOcsp(ocsp, request, response, path).catch(failed(response, "an OCSP request"));
        return;
      }
      if (request.method !== "GET" && request.method !== "HEAD")
        return refuse(response, 405, "Only GET and HEAD are served here.", { Allow: "GET, HEAD" });
      if (path === "/healthz") return send(request, response, health(context));
      // Who may not read it is told what everybody is told of a path that is not there.
      if (path === "/metrics" && metrics !== undefined && mayRead(request)) {
        answerMetrics(metrics, request, response).catch(failed(response, "a look at the metrics"));
        return;
      }
      find(context, path)
        .then((document) => (document === undefined ? refuse(response, 404, PUBLISHED) : send(request, response, document, etags)))
        .catch(failed(response, "what is published"));
    },
  );
  server.maxConnections = 1_000;
  return {
    listen: (address) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: hostOf(address), port: portOf(address) }, () => {
          const bound = server.address();
          resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
        });
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function observeOcsp(service: OcspService, metrics: MetricsPage): OcspService {
  return {
    async answer(octets) {
      const start = performance.now();
      const reply = await service.answer(octets);
      metrics.ocspAnswered(reply.status, (performance.now() - start) / 1_000);
      return reply;
    },
  };
}

async function find(context: Context, path: string): Promise<Document | undefined> {
  const [, kind, name, delta, ending] = PATH.exec(path) ?? [];
  const id = context.authorities.ids().find((known) => known === name);
  if (id === undefined) return undefined;
  if (kind === "ca" && ending !== "crl" && delta === undefined) return certificate(context, id, ending === "pem");
  if (kind !== "crl" || ending === "crt") return undefined;
  const list = delta === undefined ? context.crls.current(id) : await context.crls.delta(id);
  return list && crl(context, list, ending === "pem");
}

function certificate(context: Context, id: AuthorityId, asPem: boolean): Document {
  const { authority } = context.authorities.get(id);
  return published(
    authority.anchor,
    asPem,
    "CERTIFICATE",
    "application/pkix-cert",
    authority.notBefore,
    new Date(context.clock.now().getTime() + HOUR_MILLIS),
  );
}

function crl(context: Context, current: CrlRecord, asPem: boolean): Document {
  // Up to nextUpdate, and an hour at most: a cache that keeps a CRL for a month keeps a revoked phone alive for a month.
  const freshUntil = new Date(Math.min(current.nextUpdate.getTime(), context.clock.now().getTime() + HOUR_MILLIS));
  return published(current.der, asPem, "X509 CRL", "application/pkix-crl", current.thisUpdate, freshUntil);
}

const pems = new WeakMap<Der, Uint8Array>();

function published(der: Der, asPem: boolean, label: string, contentType: string, lastModified: Date, freshUntil: Date): Document {
  if (!asPem) return { contentType, content: der, lastModified, freshUntil };
  const pem = pems.get(der) ?? Buffer.from(encodePem(label, der));
  pems.set(der, pem);
  return { contentType: "application/x-pem-file", content: pem, lastModified, freshUntil };
}

function health(context: Context): Document {
  const now = context.clock.now();
  return { contentType: "text/plain; charset=utf-8", content: Buffer.from("ok\n"), lastModified: now, freshUntil: now };
}

function send(request: IncomingMessage, response: ServerResponse, document: Document, etags?: WeakMap<Uint8Array, string>): void {
  const { content, contentType, lastModified, freshUntil } = document;
  const etag = etags?.get(content) ?? `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
  etags?.set(content, etag);
  const maxAgeSeconds = Math.max(0, Math.floor((freshUntil.getTime() - Date.now()) / 1000));
  const headers = {
    ETag: etag,
    "Last-Modified": lastModified.toUTCString(),
    "Cache-Control": maxAgeSeconds === 0 ? "no-store" : `public, max-age=${maxAgeSeconds}, must-revalidate, no-transform`,
    Expires: freshUntil.toUTCString(),
    "X-Content-Type-Options": "nosniff",
  };
  if (isUnchanged(request, etag, lastModified)) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, "Content-Type": contentType, "Content-Length": content.length });
  response.end(request.method === "HEAD" ? undefined : content);
}

/** If-None-Match wins over If-Modified-Since (RFC 9110 §13.2.2). */
function isUnchanged(request: IncomingMessage, etag: string, lastModified: Date): boolean {
  const match = request.headers["if-none-match"];
  if (match !== undefined) return match.trim() === "*" || match.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
  const since = Date.parse(request.headers["if-modified-since"] ?? "");
  return !Number.isNaN(since) && Math.floor(lastModified.getTime() / 1000) * 1000 <= since;
}

function refuse(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
