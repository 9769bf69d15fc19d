import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import {
  type Certificate,
  IssueCertificateRequest,
  IssueCertificateResponse,
  RenewCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError, EXIT } from "./exit.js";
import { refuseExisting, writeWhole } from "./file.js";
import { toJson } from "./json.js";
import { newest, resolve } from "./resolve.js";
import { withConnection } from "./session.js";
import { bold, print, printable, printJson } from "./terminal.js";

interface IssueOptions extends CommonOptions {
  readonly csr?: string;
  readonly out?: string;
  readonly owner?: string;
  readonly force?: boolean;
  readonly revokeOld?: boolean;
}

/** Issues for a request: a new device's, or an old one's renewal. */
type Issue = (connection: Connection, csr: Buffer) => Promise<IssueCertificateResponse>;

export function issueCommand(): Command {
  return withOutput(
    clientCommand("issue <name>", "Issue a certificate for a device's own request", "latchkey issue NAS --csr nas.csr --out nas.pem"),
  )
    .option("--owner <name>", "who the device belongs to")
    .action(async (deviceName: string, options: IssueOptions) => {
      await issueTo(options, async (connection, csr) =>
        call(connection.certificates, "issueCertificate", IssueCertificateRequest.create({ csr, deviceName, owner: options.owner ?? "" })),
      );
    });
}

export function renewCommand(): Command {
  return withOutput(
    clientCommand(
      "renew <id>",
      "Issue a new certificate to a device that exists: same name, same id, a new key",
      "latchkey renew NAS --csr nas.csr --out nas.pem",
    ),
  )
    .option("--revoke-old", "revoke the old certificate at once, instead of letting it end by itself")
    .action(async (id: string, options: IssueOptions) => {
      await issueTo(options, async (connection, csr) => {
        const { name } = newest(await resolve(connection, id));
        return await call(
          connection.certificates,
          "renewCertificate",
          RenewCertificateRequest.create({ name, csr, revokeOld: options.revokeOld === true }),
        );
      });
    });
}

function withOutput(command: Command): Command {
  return command
    .option("--csr <file>", "the device's own certificate signing request (PKCS#10, PEM or DER)")
    .option("--out <file>", "where the certificate and its chain go (PEM)")
    .option("--force", "replace a file that is there");
}

async function issueTo(options: IssueOptions, issue: Issue): Promise<void> {
  if (options.csr === undefined)
    throw new CommandError("USAGE", "Say what to issue for: --csr FILE, the device's own request.", EXIT.usage);
  await refuseExisting(options.out, options.force === true);
  await issueForRequest(options, issue);
}

async function issueForRequest(options: IssueOptions, issue: Issue): Promise<void> {
  const csr = await readFile(options.csr ?? "").catch((error: Error) => {
    throw new CommandError("CSR_MALFORMED", `The request can't be read: ${error.message}`);
  });
  const response = await withConnection(options, (connection) => issue(connection, csr));
  if (options.out !== undefined) await writeWhole(options.out, response.certificateChain, { secret: false, force: options.force === true });
  if (options.json) return printJson(toJson(IssueCertificateResponse, response));
  if (options.out === undefined) process.stdout.write(response.certificateChain);
  else print(`Issued to ${bold(printable(response.deviceName))} until ${endOf(response.certificate)}: ${options.out}`);
}

function endOf(certificate: Certificate | undefined): string {
  return certificate?.notAfter?.toISOString().slice(0, 10) ?? "";
}
