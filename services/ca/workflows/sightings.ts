import { LatchkeyError } from "../authority/error.js";
import { statusOf } from "../authority/revoke.js";
import { parseSerialNumber } from "../authority/serial-number.js";
import { type CertificateKey, type CertificateRecord, isOfDevices, type SerialNumber } from "../authority/types.js";
import type { Context } from "./context.js";
import { authoritiesOfDevices } from "./device-names.js";

/** A device that comes every second is not worth a write each time. */
const APART_MILLIS = 60_000;

const MOST = 1_000;

/** Notes that a device has shown its certificate; a visit that was refused is none. Throws CERTIFICATE_NOT_FOUND, and for what is no device's certificate. */
export async function recordSighting(context: Context, key: CertificateKey): Promise<CertificateRecord> {
  const record = isOfDevices(key.authority) ? await markSeen(context, key) : undefined;
  if (record !== undefined) return record;
  throw new LatchkeyError("CERTIFICATE_NOT_FOUND", `No certificate of a device has the serial number ${key.serialNumber}.`);
}

/** Notes it of many at once; those that are not known are passed over. Throws FIELD_INVALID. */
export async function recordSightings(context: Context, serialNumbers: readonly string[]): Promise<void> {
  if (serialNumbers.length > MOST) {
    throw new LatchkeyError("FIELD_INVALID", `Report ${MOST} serial numbers at a time.`, {
      violations: [{ field: "serial_numbers", description: "are too many" }],
    });
  }
  // What an nginx host has heard on its loopback may be anybody's.
  const known = [...new Set(serialNumbers)].filter((text) => /^([0-9a-f]{2}){1,20}$/.test(text) && !/^(00)+$/.test(text));
  await Promise.all(known.map((text) => markSeenByNumber(context, parseSerialNumber(text))));
}

/** nginx's log names no issuer: what adopted CAs have given twice is nobody's in particular. */
async function markSeenByNumber(context: Context, serialNumber: SerialNumber): Promise<void> {
  const keys = authoritiesOfDevices(context).map((authority) => ({ authority, serialNumber }));
  const found = (await Promise.all(keys.map((key) => context.store.getCertificate(key)))).filter((record) => record !== undefined);
  const [record] = found;
  if (record !== undefined && found.length === 1) await markSeen(context, record);
}

async function markSeen({ store, clock }: Context, key: CertificateKey): Promise<CertificateRecord | undefined> {
  const record = await store.getCertificate(key);
  // A canary is no device.
  if (record === undefined || record.profile === "canary") return undefined;
  const at = clock.now();
  // Whoever found a lost phone and tries it must not make it look used.
  if (statusOf(record, at) !== "valid") return record;
  if (at.getTime() - (record.lastSeenAt?.getTime() ?? 0) >= APART_MILLIS) await store.markSeen(key, at);
  return record;
}
