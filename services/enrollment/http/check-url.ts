import type { Request } from "express";
import type { AppParts } from "./parts.js";

/**
 * Where a device tries its key ("Did it work?"); undefined while nothing listens there. By the name that this service was reached by: of the
 * certificate's names it is the one that the device can find.
 */
export function checkUrlOf({ devicesPort }: Pick<AppParts, "devicesPort">, request: Pick<Request, "headers">): string | undefined {
  const port = devicesPort();
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  return port === undefined || host === "" ? undefined : `https://${host}:${port}/`;
}
