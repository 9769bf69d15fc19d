import type { RequestHandler, Response } from "express";
import type { BundleFormat } from "../bundle/formats.js";
import { type Enrolled, type Enrollment, enroll, refuseMalformedToken } from "../enroll.js";
import { FORMAT_OF, guessPlatform } from "../platform.js";
import { Refusal } from "../problem.js";
import { checkUrlOf } from "./check-url.js";
import { contentDisposition } from "./content-disposition.js";
import { parseFormat } from "./format.js";
import type { AppParts } from "./parts.js";

/** `POST /api/v1/enrollments`. */
export function enrollByApi(parts: AppParts): RequestHandler {
  return async (request, response) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const token = refuseMalformedToken(body.token);
    const own = ownKeyOf(body);
    const fallback = FORMAT_OF[guessPlatform(request.get("user-agent"))];
    const format: BundleFormat = own === undefined ? parseFormat(body.format, fallback) : parseFormat(body.format ?? "pem", "pem");
    if (own !== undefined && format !== "pem")
      throw new Refusal("FIELD_INVALID", "With a request of your own there is no key to pack: the format is pem.");
    const attempt = attemptOf(body);
    const enrolled = await redeemFor(parts, response, { token, format, own, attempt });
    response.status(201).set("Latchkey-Serial-Number", enrolled.serialNumber);
    if (request.accepts([enrolled.contentType, "json"]) === "json" && request.get("accept")?.includes("application/json")) {
      const { serialNumber, deviceName, deviceId, certificateChain, content } = enrolled;
      response.json({
        serialNumber,
        deviceName,
        deviceId,
        format: enrolled.format,
        bundle: Buffer.from(content).toString("base64"),
        certificateChain,
        checkUrl: checkUrlOf(parts, request),
        ...(own === undefined ? {} : await forOwnPacking(parts, enrolled)),
      });
      return;
    }
    response.set({ "Content-Disposition": contentDisposition(enrolled.fileName), "Content-Type": enrolled.contentType });
    response.send(Buffer.from(enrolled.content));
  };
}

/** What a page that packs its bundle itself needs besides: the roots for a profile, and the right to have one served. */
async function forOwnPacking(
  parts: AppParts,
  { serialNumber, deviceName, sinceRedemptionMillis }: Enrolled,
): Promise<{ roots: string[]; uploadTicket: string | undefined }> {
  const roots = parts.hasOwnCertificate ? [] : [await parts.root()];
  return { roots, uploadTicket: parts.uploadTickets.issue({ serialNumber, deviceName }, sinceRedemptionMillis) };
}

/** Enrols for the peer that asks. */
export async function redeemFor(parts: AppParts, response: Response, enrollment: Omit<Enrollment, "remoteAddress">): Promise<Enrolled> {
  const roots = parts.hasOwnCertificate ? [] : [await parts.root()];
  const remoteAddress = String(response.locals.address);
  const enrolled = await enroll(parts.connection(), { ...enrollment, remoteAddress }, roots, parts.pendingKeys);
  return enrolled.format === "mobileconfig" ? { ...enrolled, content: await parts.signProfile(enrolled.content) } : enrolled;
}

/** Whoever has named the request is known by that when it comes again; any other is somebody else each time. Throws FIELD_INVALID. */
function attemptOf({ requestId }: Record<string, unknown>): string | undefined {
  if (requestId === undefined) return undefined;
  if (typeof requestId === "string" && /^[A-Za-z0-9-]{16,64}$/.test(requestId)) return `request ${requestId}`;
  throw new Refusal("FIELD_INVALID", "`requestId` is a UUID, or another name of 16 to 64 letters, digits and hyphens.");
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
