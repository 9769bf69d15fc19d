import { LatchkeyError } from "../authority/error.js";
import { parseSerialNumber } from "../authority/serial-number.js";
import { type AdoptedId, AUTHORITY_IDS, type CertificateKey, type CertificateRecord, type DeviceName, leadOf } from "../authority/types.js";
import type { CertificateQuery } from "../store/store.js";
import type { Context } from "./context.js";
import { authoritiesOfDevices } from "./device-names.js";

/** Which certificates a call is about. */
export type Selector =
  | { readonly kind: "certificate"; readonly key: CertificateKey }
  | { readonly kind: "device"; readonly name: string }
  | { readonly kind: "owner"; readonly owner: string }
  | { readonly kind: "authority"; readonly authority: AdoptedId };

/** Certificates that one CRL will carry, or vouch for. */
export interface Selection {
  /** Whose CRL that is. */
  readonly authority: ReturnType<typeof leadOf>;
  readonly records: readonly CertificateRecord[];
  /** The holders: of the certificates, and of the open invitations that belong to it. */
  readonly names: readonly string[];
}

const NAME = /^authorities\/([a-z0-9-]+)\/certificates\/([0-9a-f]+)$/;

/** Reads `authorities/{authority}/certificates/{serial_number}`. Throws FIELD_INVALID. */
export function parseCertificateName(name: string): CertificateKey {
  const [, authority, serial] = NAME.exec(name) ?? [];
  const id = AUTHORITY_IDS.find((known) => known === authority);
  if (id === undefined || serial === undefined) {
    throw new LatchkeyError("FIELD_INVALID", `"${name}" names no certificate: it should look like authorities/devices/certificates/1f00…`, {
      violations: [{ field: "name", description: "is not authorities/{authority}/certificates/{serial_number}" }],
    });
  }
  return { authority: id, serialNumber: parseSerialNumber(serial) };
}

export function certificateName(key: CertificateKey): string {
  return `authorities/${key.authority}/certificates/${key.serialNumber}`;
}

/**
 * The certificates that a selector means: of a device or operator every one that has not expired (a renewed twin too), newest first; of an
 * owner, all those of the devices that are the owner's now, and what else was issued in the owner's name. Throws CERTIFICATE_NOT_FOUND or DEVICE_NOT_FOUND.
 */
export async function select(context: Context, selector: Selector): Promise<Selection> {
  switch (selector.kind) {
    case "certificate": {
      const record = await context.store.getCertificate(selector.key);
      if (record === undefined) {
        throw new LatchkeyError(
          "CERTIFICATE_NOT_FOUND",
          `No certificate of ${selector.key.authority} has the serial number ${selector.key.serialNumber}.`,
        );
      }
      return { authority: leadOf(record.authority), records: [record], names: [record.deviceName] };
    }
    case "device":
      return await selectByName(context, selector.name);
    case "owner":
      return await selectByOwner(context, selector.owner);
    case "authority": {
      const records = await unexpired(context, { authority: selector.authority });
      return { authority: leadOf(selector.authority), records, names: [...new Set(records.map(({ deviceName }) => deviceName))] };
    }
  }
}

async function selectByOwner(context: Context, owner: string): Promise<Selection> {
  const own = await unexpiredOfDevices(context, { owner: { text: owner, match: "exact" } });
  const invited = (await context.store.openInvitations()).filter((invitation) => invitation.owner === owner);
  const names = [...new Set([...own, ...invited].map(({ deviceName }) => deviceName as DeviceName))];
  const records = new Map(own.map((record) => [certificateName(record), record]));
  for (const name of names) {
    // A device that has got its owner with a renewal has older certificates without.
    if ((await context.store.getDevice(name))?.owner !== owner) continue;
    const all = await unexpiredOfDevices(context, { deviceName: { text: name, match: "exact" } });
    for (const record of all) records.set(certificateName(record), record);
  }
  if (names.length === 0)
    throw new LatchkeyError("DEVICE_NOT_FOUND", `No device belongs to "${owner}": \`latchkey list\` shows the owners.`);
  return { authority: "devices", records: [...records.values()], names };
}

async function selectByName(context: Context, name: string): Promise<Selection> {
  const deviceName = { text: name, match: "exact" } as const;
  const devices = await unexpiredOfDevices(context, { deviceName });
  const operators = await unexpired(context, { authority: "operators", deviceName });
  if (devices.length > 0 && operators.length > 0) {
    throw new LatchkeyError(
      "FIELD_INVALID",
      `"${name}" is the name of a device and of an operator: name the certificate by its serial number.`,
      {
        violations: [{ field: "selector.device_name", description: "is ambiguous" }],
      },
    );
  }
  if (devices.length > 0) return { authority: "devices", records: devices, names: [name] };
  if (operators.length > 0) return { authority: "operators", records: operators, names: [name] };
  throw new LatchkeyError(
    "DEVICE_NOT_FOUND",
    `There is no device or operator "${name}" with a certificate that has not expired: \`latchkey list\` shows them all.`,
  );
}

async function unexpiredOfDevices(context: Context, query: Omit<CertificateQuery, "at" | "authority">): Promise<CertificateRecord[]> {
  const found: CertificateRecord[] = [];
  for (const authority of authoritiesOfDevices(context)) found.push(...(await unexpired(context, { ...query, authority })));
  return found;
}

async function unexpired(context: Context, query: Omit<CertificateQuery, "at">): Promise<CertificateRecord[]> {
  const at = context.clock.now();
  const found: CertificateRecord[] = [];
  let token = "";
  do {
    const page = await context.store.listCertificates({ ...query, notAfterAfter: at, at }, { size: 1000, token });
    found.push(...page.items);
    token = page.nextToken;
  } while (token !== "");
  return found;
}
