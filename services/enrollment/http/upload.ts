import type { RequestHandler } from "express";
import { BUNDLE_FILES } from "../bundle/formats.js";
import { Refusal } from "../problem.js";
import type { AppParts } from "./parts.js";

/**
 * `POST /api/v1/downloads`: takes back a profile that the page has packed and encrypted itself, to serve it by a navigation: iOS installs none
 * from a `blob:`. Once, by who has just enrolled.
 */
export function keepUpload({ downloads, uploadTickets }: AppParts): RequestHandler {
  return (request, response) => {
    const { ticket, content } = (request.body ?? {}) as Record<string, unknown>;
    if (typeof ticket !== "string" || typeof content !== "string")
      throw new Refusal("FIELD_INVALID", "Send `ticket`, from the answer to the enrolment, and `content`, the profile in base64.");
    const profile = Buffer.from(content, "base64");
    if (!profile.subarray(0, 5).equals(Buffer.from("<?xml"))) throw new Refusal("FIELD_INVALID", "`content` is no profile.");
    const right = uploadTickets.take(ticket);
    if (right === undefined)
      throw new Refusal(
        "DOWNLOAD_OVER",
        "This upload is over: it is possible for ten minutes after an enrolment. Enrol again with the same key: the answer has a new ticket.",
      );
    const { contentType, extension } = BUNDLE_FILES.mobileconfig;
    const { serialNumber, deviceName } = right;
    const address = downloads.keep({
      contentType,
      // Never signed: what a guest has written must not bear the house's name.
      content: profile,
      serialNumber,
      fileName: `${deviceName}.${extension}`,
    });
    response.status(201).json({ path: `/d/${address}` });
  };
}
