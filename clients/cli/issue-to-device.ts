import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import { type Certificate, IssueCertificateResponse } from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { BUNDLE_FORMATS, type BundleFormat } from "../../services/enrollment/bundle/formats.js";
import { type Connection, call } from "../connect/connect.js";
import { enumerate, oneOf } from "./choice.js";
import type { CommonOptions } from "./command.js";
import { CommandError } from "./error.js";
import { toJson } from "./json.js";
import { readNamed } from "./read-named.js";
import { withConnection } from "./session.js";
import { bold, note, print, printable, printJson } from "./terminal.js";
import { refuseUnwritable, writeWhole } from "./write-whole.js";

export interface DeviceOptions extends CommonOptions {
  readonly csr?: string;
  readonly out?: string;
  readonly bundle?: string;
  readonly format: BundleFormat;
  readonly force?: boolean;
}

/** The CA reads 64 KiB (and says so of more): this only keeps a wrong file out of the memory. */
const LARGEST_REQUEST_OCTETS = 1024 * 1024;

/** The call that a request is for: a new device's certificate, or an old one's renewal. */
export type Issue = (connection: Connection, csr: Buffer) => Promise<IssueCertificateResponse>;

/** Adds the options that say where the key is made, and where the certificate goes: what issue and renew share. */
export function withDeviceOptions(command: Command): Command {
  return command
    .option("--csr <file>", "the device's own certificate signing request (PKCS#10, PEM or DER)")
    .option("--out <file>", "with --csr: where the certificate and its chain go (PEM)")
    .option("--bundle <file>", "make the key here, and write key and certificate as one encrypted file")
    .option("--format <format>", `with --bundle: ${enumerate(BUNDLE_FORMATS, "or")}`, oneOf("format", BUNDLE_FORMATS), "pkcs12-compatible")
    .option("--force", "replace a file that is there");
}

/** Issues to a device: for its own request, or with a key that is made here and packed into a bundle. */
export async function issueToDevice(options: DeviceOptions, issue: Issue): Promise<void> {
  if ((options.csr === undefined) === (options.bundle === undefined) || (options.bundle !== undefined && options.out !== undefined)) {
    throw new CommandError("USAGE", "Say what to issue for: --csr FILE (the device has a key), or --bundle FILE (make one here).");
  }
  const target = options.bundle ?? options.out;
  if (target !== undefined) await refuseUnwritable(target, options.force === true, "Nothing was issued.");
  if (options.bundle === undefined) await issueForRequest(options, issue);
  else await issueAsBundle(options, options.bundle, issue);
}

async function issueForRequest(options: DeviceOptions, issue: Issue): Promise<void> {
  const csr = await readNamed(options.csr ?? "", "The request", LARGEST_REQUEST_OCTETS);
  const response = await withConnection(options, (connection) => issue(connection, csr));
  if (options.out !== undefined) await writeWhole(options.out, response.certificateChain, { secret: false, force: options.force === true });
  if (options.json) return printJson(toJson(IssueCertificateResponse, response));
  if (options.out === undefined) process.stdout.write(response.certificateChain);
  else print(`Issued to ${bold(printable(response.deviceName))} until ${endOf(response.certificate)}: ${options.out}`);
}

async function issueAsBundle(options: DeviceOptions, path: string, issue: Issue): Promise<void> {
  const [{ packBundle }, { createDeviceKey }] = await Promise.all([
    import("../../services/enrollment/bundle/bundle.js"),
    import("../../services/enrollment/bundle/device-key.js"),
  ]);
  const { format } = options;
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
