import { randomUUID } from "node:crypto";
import { LatchkeyError } from "../authority/error.js";
import { type AuthorityId, type DeviceName, type DeviceRecord, isOfDevices } from "../authority/types.js";
import type { Context } from "./context.js";

/** `devices`, and the CAs that were adopted. */
export function authoritiesOfDevices({ authorities }: Pick<Context, "authorities">): readonly AuthorityId[] {
  return authorities.ids().filter(isOfDevices);
}

/** Throws DEVICE_NAME_TAKEN if a device of this name has a certificate that is valid or held. */
export async function refuseTakenName(context: Context, name: DeviceName): Promise<void> {
  if ((await hasDeviceCertificate(context, name, "valid")) || (await hasDeviceCertificate(context, name, "held"))) {
    throw new LatchkeyError(
      "DEVICE_NAME_TAKEN",
      `There is a device "${name}" already. If it is the same phone, renew it: \`latchkey invite --renew "${name}"\`. If it is another one, choose another name.`,
    );
  }
}

/** Throws CERTIFICATE_REVOKED if the device is held: a renewal must not be a way round it. */
export async function refuseHeldDevice(context: Context, name: DeviceName): Promise<void> {
  if (await hasDeviceCertificate(context, name, "held")) {
    throw new LatchkeyError(
      "CERTIFICATE_REVOKED",
      `"${name}" is held, and gets no new certificate. Release it first (\`latchkey release "${name}"\`), or revoke it and invite it anew.`,
    );
  }
}

async function hasDeviceCertificate(context: Context, name: DeviceName, status: "valid" | "held"): Promise<boolean> {
  if ((await context.store.getDevice(name)) === undefined) return false;
  const query = { status, deviceName: { text: name, match: "exact" }, at: context.clock.now() } as const;
  for (const authority of authoritiesOfDevices(context)) {
    const { items } = await context.store.listCertificates({ ...query, authority }, { size: 1, token: "" });
    if (items.length > 0) return true;
  }
  return false;
}

/** The device of this name, or a new one: its id stays over renewals, and over a revocation and a new start. */
export async function deviceFor(context: Context, name: DeviceName, owner: string): Promise<DeviceRecord> {
  const known = await context.store.getDevice(name);
  if (known !== undefined) return { ...known, owner: owner === "" ? known.owner : owner };
  return { name, id: randomUUID(), owner, createdAt: context.clock.now() };
}
