import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { type Certificate, IssueCertificateResponse } from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { BUNDLE_FORMATS } from "../../services/enrollment/bundle/formats.js";
import { type Connection, call } from "../connect/connect.js";
import type { CommonOptions } from "./command.js";
import { CommandError, EXIT } from "./exit.js";
import { refuseExisting, writeWhole } from "./file.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { bold, note, print, printable, printJson } from "./terminal.js";

export interface DeviceOptions extends CommonOptions {
  readonly csr?: string;
  readonly out?: string;
  readonly bundle?: string;
  readonly format?: string;
  readonly force?: boolean;
}

/** The call that a request is for: a new device's certificate, or an old one's renewal. */
export type Issue = (connection: Connection, csr: Buffer) => Promise<IssueCertificateResponse>;

/** Adds the options that say where the key is made, and where the certificate goes: what issue and renew share. */
export function withDeviceOptions(command: Command): Command {
  return command
    .option("--csr <file>", "the device's own certificate signing request (PKCS#10, PEM or DER)")
    .option("--out <file>", "with --csr: where the certificate and its chain go (PEM)")
    .option("--bundle <file>", "make the key here, and write key and certificate as one encrypted file")
    .option("--format <format>", `with --bundle: ${BUNDLE_FORMATS.join(", ")}`, "pkcs12-compatible")
    .option("--force", "replace a file that is there");
}

/** Issues to a device: for its own request, or with a key that is made here and packed into a bundle. */
export async function issueToDevice(options: DeviceOptions, issue: Issue): Promise<void> {
  if ((options.csr === undefined) === (options.bundle === undefined) || (options.bundle !== undefined && options.out !== undefined)) {
    throw new CommandError(
      "USAGE",
      "Say what to issue for: --csr FILE (the device has a key), or --bundle FILE (make one here).",
      EXIT.usage,
    );
  }
  await refuseExisting(options.bundle ?? options.out, options.force === true);
  if (options.bundle === undefined) await issueForRequest(options, issue);
  else await issueAsBundle(options, options.bundle, issue);
}

async function issueForRequest(options: DeviceOptions, issue: Issue): Promise<void> {
  const csr = await readFile(options.csr ?? "").catch((error: Error) => {
    throw new CommandError("CSR_MALFORMED", `The request can't be read: ${error.message}`);
  });
  const response = await withConnection(options, (connection) => issue(connection, csr));
  if (options.out !== undefined) await writeWhole(options.out, response.certificateChain, { secret: false, force: options.force === true });
  if (options.json) return printJson(toJson(IssueCertificateResponse, response));
  if (options.out === undefined) process.stdout.write(response.certificateChain);
  else print(`Issued to ${bold(printable(response.deviceName))} until ${endOf(response.certificate)}: ${options.out}`);
}

async function issueAsBundle(options: DeviceOptions, path: string, issue: Issue): Promise<void> {
  const format = BUNDLE_FORMATS.find((one) => one === options.format);
  if (format === undefined)
    throw new CommandError("FIELD_INVALID", `"${options.format}" is no format: they are ${BUNDLE_FORMATS.join(", ")}.`, EXIT.usage);
  const [{ packBundle }, { createDeviceKey }] = await Promise.all([
    import("../../services/enrollment/bundle/bundle.js"),
    import("../../services/enrollment/bundle/device-key.js"),
  ]);
  const { privateKey, csr } = await createDeviceKey();
  const { response, anchor } = await withConnection(options, async (connection) => {
    const { anchors } = await call(connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
    return {
      anchor: anchors.find(({ authority }) => authority === "servers")?.certificate ?? "",
      response: await issue(connection, Buffer.from(csr)),
    };
  });
  const passphrase = newPassphrase();
  const { certificateChain, deviceName, certificate } = response;
  const bundle = await packBundle(format, {
    privateKey,
    certificateChain,
    anchors: [anchor],
    deviceName,
    deviceId: certificate?.deviceId ?? "",
    passphrase,
  });
  await writeWhole(path, bundle.content, { secret: true, force: options.force === true });
  if (options.json) return printJson({ ...toJson(IssueCertificateResponse, response), bundle: path, format, passphrase });
  print(`Issued to ${bold(printable(deviceName))} until ${endOf(certificate)}: ${path}`);
  print(`  Passphrase   ${bold(passphrase)}`);
  note("The passphrase is shown this once. Carry it another way than the file, and delete the file when it is installed.");
}

/** 80 bits in the alphabet of invitations: small letters and digits that are not mistaken for each other. */
function newPassphrase(): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  const characters = Array.from(randomBytes(16), (octet) => alphabet[octet & 31]).join("");
  return characters.match(/.{4}/g)?.join("-") ?? "";
}

function endOf(certificate: Certificate | undefined): string {
  return certificate?.notAfter?.toISOString().slice(0, 10) ?? "";
}
