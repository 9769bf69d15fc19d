import { LatchkeyError } from "../authority/error.js";
import { type CertificateRecord, leadOf } from "../authority/types.js";

/** Throws CERTIFICATE_REVOKED for a certificate that is revoked or held, with what its holder does now. `so` ends the sentence: "and can't be …". */
export function refuseRevoked(record: CertificateRecord, so: string): void {
  if (record.status === "valid") return;
  const remedy = record.status === "held" ? `Release it first: ${releaseOf(record)}.` : AGAIN[leadOf(record.authority)](record);
  throw new LatchkeyError("CERTIFICATE_REVOKED", `The certificate of "${record.deviceName}" is ${record.status}, ${so}. ${remedy}`);
}

/** How the holder of a revoked certificate gets another one. */
const AGAIN: Readonly<Record<ReturnType<typeof leadOf>, (record: CertificateRecord) => string>> = {
  devices: ({ deviceName }) => `Invite the device again: \`latchkey invite "${deviceName}"\`.`,
  operators: ({ deviceName, operatorRole, serverNames }) => {
    const names = serverNames.length === 0 ? "" : ` --server-name ${serverNames.join(",")}`;
    return `An administrator makes the operator a new credential: \`latchkey operator add "${deviceName}" --role ${operatorRole}${names} --out FOLDER\`.`;
  },
  servers: () => "Whoever serves this name asks for a new one, with a new key: nginx's hook does when the old one is gone from its folder.",
};

/** No server is known by one name: several certificates may have it. */
function releaseOf({ authority, deviceName, serialNumber }: CertificateRecord): string {
  return `\`latchkey release ${authority === "servers" ? serialNumber : `"${deviceName}"`}\``;
}
