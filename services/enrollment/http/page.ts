import type { RequestHandler } from "express";
import { previewInvitation, refuseMalformedToken } from "../enroll.js";
import { renderInvitation } from "../page/invitation.js";
import { renderLeave } from "../page/leave.js";
import { renderReady } from "../page/ready.js";
import { FORMAT_OF, isInAppBrowser, parsePlatform } from "../platform.js";
import { Refusal } from "../problem.js";
import { redeemFor } from "./api.js";
import { contentDisposition } from "./content-disposition.js";
import { deviceOf, platformOf } from "./device.js";
import { parseFormat } from "./format.js";
import { languageOf } from "./language.js";
import type { AppParts } from "./parts.js";

/** The page of an invitation, or in JSON what a program needs to know of it. Consumes nothing. */
export function showInvitation(parts: AppParts): RequestHandler<{ token: string }> {
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
    const page = renderInvitation({
      texts: languageOf(request),
      invitationId: (invitation?.name ?? "").replace("invitations/", ""),
      deviceName: invitation?.deviceName ?? "",
      expireTime: invitation?.expireTime ?? new Date(),
      formToken: parts.formTokens.issue(token),
      ...deviceOf(parts, request),
      isInApp: isInAppBrowser(request.get("user-agent")),
    });
    response.type("html").send(page);
  };
}

/** The page's form, which works without JavaScript: POST, then a redirect to an address that nobody can guess. */
export function enrollByForm(parts: AppParts): RequestHandler<{ token: string }> {
  return async (request, response) => {
    const token = refuseMalformedToken(request.params.token);
    const { formToken, format, platform: chosen } = (request.body ?? {}) as Record<string, unknown>;
    if (!parts.formTokens.isOurs(token, formToken)) {
      throw new Refusal("ORIGIN_NOT_ALLOWED", "This did not come from the page itself. Open the link again, and press the button there.");
    }
    const platform = parsePlatform(chosen) ?? platformOf(request);
    const wanted = parseFormat(format, FORMAT_OF[platform]);
    const enrollment = { token, format: wanted, own: undefined, attempt: `form ${formToken}` };
    const address = await parts.downloads.once(formToken, () => redeemFor(parts, response, enrollment));
    response.redirect(303, `/d/${address}?platform=${platform}&lang=${languageOf(request).language}`);
  };
}

/** The page that says what to do with the bundle, and (`?file`) the bundle itself, as often as it is fetched in ten minutes. */
export function download(parts: AppParts): RequestHandler<{ address: string }> {
  return (request, response) => {
    const found = parts.downloads.get(request.params.address);
    if (found === undefined)
      throw new Refusal("DOWNLOAD_OVER", "This download is over: it waits for ten minutes. Ask for a new invitation.");
    if (request.query.file === undefined) {
      const { address } = request.params;
      const page = renderReady({ texts: languageOf(request), address, fileName: found.fileName, ...deviceOf(parts, request) });
      response.type("html").send(page);
      return;
    }
    response.set({ "Content-Disposition": contentDisposition(found.fileName), "Latchkey-Serial-Number": found.serialNumber });
    response.set("Content-Type", found.contentType).send(Buffer.from(found.content));
  };
}

/** How to take the key off a device: it is the same for everybody, and needs no invitation. */
export const showLeave: RequestHandler = (request, response) => {
  response.type("html").send(renderLeave(languageOf(request), platformOf(request)));
};
