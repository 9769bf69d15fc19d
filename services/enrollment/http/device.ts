import type { Request } from "express";
import type { Device } from "../page/steps.js";
import { guessPlatform, type Platform, parsePlatform } from "../platform.js";
import { checkUrlOf } from "./check-url.js";
import type { AppParts } from "./parts.js";

type Asking = Pick<Request, "query" | "get" | "headers">;

/** The device that is set up by a page: of the kind that was chosen there, else of the one that asks. */
export function deviceOf(parts: Pick<AppParts, "hasOwnCertificate" | "devicesPort">, request: Asking): Device {
  const { hasOwnCertificate } = parts;
  return { platform: platformOf(request), hasOwnCertificate, checkUrl: checkUrlOf(parts, request) };
}

export function platformOf(request: Pick<Request, "query" | "get">): Platform {
  return parsePlatform(request.query.platform) ?? guessPlatform(request.get("user-agent"));
}
