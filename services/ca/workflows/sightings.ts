import { LatchkeyError } from "../authority/error.js";
import type { CertificateKey, CertificateRecord } from "../authority/types.js";
import type { Context } from "./context.js";

/** A device that comes every second is not worth a write each time. */
const APART_MILLIS = 60_000;

/** Notes that a device has shown its certificate. Throws CERTIFICATE_NOT_FOUND, and for what is no device's certificate. */
export async function recordSighting(context: Context, key: CertificateKey): Promise<CertificateRecord> {
  const record = key.authority === "devices" ? await context.store.getCertificate(key) : undefined;
  if (record === undefined)
    throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No certificate of a device has the serial number ${key.serialNumber}.`);
  const at = context.clock.now();
  if (at.getTime() - (record.lastSeenAt?.getTime() ?? 0) >= APART_MILLIS) await context.store.markSeen(key, at);
  return record;
}
