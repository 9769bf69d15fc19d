import { type Certificate, type CertificateSelector, ListCertificatesRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "../connect/connect.js";
import { CommandError } from "./error.js";
import { printable } from "./terminal.js";

/** What an ID on the command line means: a device (or operator) by name, one certificate by serial number, or a prefix of either. */
export type Resolved =
  | { readonly kind: "name"; readonly name: string; readonly exact: boolean; readonly certificates: readonly Certificate[] }
  | { readonly kind: "certificate"; readonly certificate: Certificate; readonly exact: boolean };

/** Finds what an ID means: a name first, then a serial number, then a prefix that only one of them has. Throws NOT_FOUND or AMBIGUOUS. */
export async function resolve(connection: Connection, id: string): Promise<Resolved> {
  const named = await find(connection, `device_name = ${quote(id)}`);
  if (named.length > 0) return { kind: "name", name: id, exact: true, certificates: named };
  const isHex = /^[0-9a-f]+$/i.test(id);
  const bySerial = isHex ? await find(connection, `serial_number = "${id.toLowerCase()}*"`) : [];
  // A CA that was adopted may have given a number that another one has given as well.
  const [whole, another] = bySerial.filter((certificate) => certificate.serialNumber === id.toLowerCase());
  if (another !== undefined) throw ambiguous(id, [], bySerial);
  if (whole !== undefined) return { kind: "certificate", certificate: whole, exact: true };
  const byName = await find(connection, `device_name = ${quote(id, "*")}`);
  const names = [...new Set(byName.map((certificate) => certificate.deviceName))];
  const [name] = names;
  const [certificate] = bySerial;
  if (names.length + bySerial.length > 1) throw ambiguous(id, names, bySerial);
  if (name !== undefined) return { kind: "name", name, exact: false, certificates: byName };
  if (certificate !== undefined) return { kind: "certificate", certificate, exact: false };
  throw new CommandError(
    "CERTIFICATE_NOT_FOUND",
    `No device, operator or serial number begins with "${printable(id)}": \`latchkey list\` shows them all.`,
  );
}

/** The selector that the CA wants. */
export function toSelector(resolved: Resolved): CertificateSelector {
  return resolved.kind === "name"
    ? { selected: { $case: "deviceName", value: resolved.name } }
    : { selected: { $case: "name", value: resolved.certificate.name } };
}

/** The newest certificate that an ID means, a valid one before any other. */
export function newest(resolved: Resolved): Certificate {
  if (resolved.kind === "certificate") return resolved.certificate;
  const found = resolved.certificates.find(({ status }) => status === "valid") ?? resolved.certificates[0];
  if (found === undefined) throw new CommandError("CERTIFICATE_NOT_FOUND", `"${printable(resolved.name)}" has no certificate.`);
  return found;
}

async function find(connection: Connection, filter: string): Promise<Certificate[]> {
  const { certificates } = await call(
    connection.certificates,
    "listCertificates",
    ListCertificatesRequest.create({ filter, pageSize: 100 }),
  );
  return certificates;
}

/** A value of the filter language; with a star behind it, a prefix. */
export function quote(text: string, star: "*" | "" = ""): string {
  return `"${text.replaceAll(/["\\*]/g, "\\$&")}${star}"`;
}

function ambiguous(id: string, names: readonly string[], certificates: readonly Certificate[]): CommandError {
  const candidates = [
    ...names,
    ...certificates.map(({ authority, serialNumber, deviceName }) => `${authority}/${serialNumber} (${deviceName})`),
  ].slice(0, 10);
  return new CommandError(
    "AMBIGUOUS",
    `"${printable(id)}" could be any of these; write more of it:\n${candidates.map((one) => `  ${printable(one)}`).join("\n")}`,
  );
}
