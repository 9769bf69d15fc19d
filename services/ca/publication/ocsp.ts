import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { OcspService } from "../workflows/ocsp.js";

const REQUEST_TYPE = "application/ocsp-request";
const RESPONSE_TYPE = "application/ocsp-response";
/** A request for 64 certificates by SHA-256, with a nonce, and then some. */
const LONGEST_REQUEST_OCTETS = 16 * 1024;

/** Is this a path of the responder? */
export function isOcspPath(path: string): boolean {
  return path === "/ocsp" || path.startsWith("/ocsp/");
}

/**
 * OCSP over HTTP (RFC 6960 appendix A, RFC 5019 §5): POST of the request, or GET of its base64 in the path. Every answer to a request that could be
 * read from HTTP has the status 200: what is wrong with it, OCSP says itself.
 */
export async function answerOcsp(service: OcspService, request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const isPost = request.method === "POST";
  if (!isPost && request.method !== "GET" && request.method !== "HEAD")
    return refuse(response, 405, "The OCSP responder takes GET and POST.", { Allow: "GET, HEAD, POST" });
  if (isPost && path !== "/ocsp" && path !== "/ocsp/") return refuse(response, 404, "An OCSP request is posted to /ocsp.");
  if (isPost && mediaType(request) !== REQUEST_TYPE)
    return refuse(response, 415, `An OCSP request is posted as ${REQUEST_TYPE}.`, { "Accept-Post": REQUEST_TYPE });
  const octets = isPost ? await body(request) : decodePath(path);
  // Whoever goes away before the end of the request has asked nothing.
  if (octets === "aborted") return;
  if (octets === undefined)
    return refuse(response, 413, `An OCSP request has ${LONGEST_REQUEST_OCTETS} octets at most.`, { Connection: "close" });
  const { der, shared } = await service.answer(octets);
  const headers: Record<string, string | number> = {
    "Content-Type": RESPONSE_TYPE,
    "Content-Length": der.length,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
  };
  // RFC 5019 §6.2. A cache keeps what is asked by GET alone.
  if (shared !== undefined && !isPost) {
    headers["Cache-Control"] = `public, max-age=${Math.floor(shared.maxAgeMillis / 1000)}, must-revalidate, no-transform`;
    headers["Last-Modified"] = shared.thisUpdate.toUTCString();
    headers.Expires = shared.nextUpdate.toUTCString();
    headers.ETag = `"${createHash("sha256").update(der).digest("base64url").slice(0, 22)}"`;
  }
  response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : der);
}

function mediaType(request: IncomingMessage): string | undefined {
  return request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
}

/** undefined for what is too long. */
async function body(request: IncomingMessage): Promise<Buffer | "aborted" | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LONGEST_REQUEST_OCTETS) return undefined;
      chunks.push(chunk);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNRESET") return "aborted";
    throw error;
  }
  return Buffer.concat(chunks);
}

/** What is no base64 is no request either: OCSP says so. */
function decodePath(path: string): Buffer {
  try {
    return Buffer.from(decodeURIComponent(path.slice("/ocsp/".length)), "base64");
  } catch (error) {
    if (error instanceof URIError) return Buffer.alloc(0);
    throw error;
  }
}

function refuse(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...headers, "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
