import type { RequestHandler } from "express";
import { BUNDLE_FILES } from "../bundle/formats.js";
import { Refusal } from "../problem.js";
import type { AppParts } from "./parts.js";

/**
 * `POST /api/v1/downloads`: takes back a profile that the page has packed and encrypted itself, to serve it by a navigation: iOS installs none
 * from a `blob:`. From who has just enrolled; their newer one replaces the one before. It waits as long as their enrolment's ten minutes last.
 */
export function keepUpload({ downloads, uploadTickets }: AppParts): RequestHandler {
  return (request, response) => {
    // Who enrolled too long ago was given no ticket.
    const { ticket = "", content } = (request.body ?? {}) as Record<string, unknown>;
    if (typeof ticket !== "string" || typeof content !== "string")
      throw new Refusal("FIELD_INVALID", "Send `ticket`, from the answer to the enrolment, and `content`, the profile in base64.");
    const profile = Buffer.from(content, "base64");
    if (!profile.subarray(0, 5).equals(Buffer.from("<?xml"))) throw new Refusal("FIELD_INVALID", "`content` is no profile.");
    const { contentType, extension } = BUNDLE_FILES.mobileconfig;
    const right = uploadTickets.take(ticket);
    if (right === undefined)
      throw new Refusal(
        "DOWNLOAD_OVER",
        "This upload is over: it is possible for ten minutes after an enrolment, and five times. Within the ten minutes, enrol again with the same key: the answer has a new ticket. Later, ask for a new invitation.",
      );
    const { serialNumber, deviceName, endsAt } = right;
    // Never signed: what a guest has written must not bear the house's name.
    const address = downloads.keepUpload({ contentType, content: profile, serialNumber, fileName: `${deviceName}.${extension}` }, endsAt);
    response.status(201).json({ path: `/d/${address}` });
  };
}
