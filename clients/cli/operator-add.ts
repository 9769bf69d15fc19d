import type { Command } from "commander";
import { IssueCertificateRequest, IssueCertificateResponse } from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, call } from "../connect/connect.js";
import { writeCredential } from "../connect/credential.js";
import { createKeyAndRequest } from "../connect/request.js";
import { enumerate, oneOf } from "./choice.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./error.js";
import { toJson } from "./json.js";
import { inNewFolder } from "./make-folder.js";
import { withConnection } from "./session.js";
import { bold, print, printable, printJson } from "./terminal.js";

interface AddOptions extends CommonOptions {
  readonly role: AddableRole;
  readonly out: string;
  readonly serverName?: string;
  readonly address?: string;
  readonly local?: boolean;
}

const ROLES = ["admin", "viewer", "nginx", "enrollment"] as const;
export type AddableRole = (typeof ROLES)[number];

export function operatorAddCommand(): Command {
  return clientCommand(
    "add <name>",
    "Make an operator's credential: a folder with a key that is made here and never sent",
    "latchkey operator add front-door --role nginx --server-name home.example.com --out ./front-door",
  )
    .requiredOption("--role <role>", enumerate(ROLES, "or"), oneOf("role", ROLES))
    .requiredOption("--out <folder>", "the new credential folder")
    .option("--server-name <names>", "roles nginx and enrollment: the names that it may serve, joined by commas")
    .option("--address <host:port>", "where the operator will reach the CA (unless it is as from here)")
    .option("--local", "recover on the CA's own host, with the passphrase of its keys, while the CA is stopped")
    .action(addOperator);
}

async function addOperator(name: string, options: AddOptions): Promise<void> {
  const { role } = options;
  const serverNames = (options.serverName ?? "")
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (serverNames.length === 0 && (role === "nginx" || role === "enrollment")) {
    throw new CommandError("USAGE", `An operator of the role ${role} needs the names that it may serve: --server-name home.example.com`);
  }
  // A credential that is overwritten can't be brought back.
  const response = await inNewFolder(options.out, "The credential's folder", async () => {
    if (!options.local) return await withConnection(options, (connection) => add(connection, name, serverNames, options));
    const { recoverOperator } = await import("./serve/recover-operator.js");
    await recoverOperator({ name, role, serverNames, folder: options.out }, options);
    return undefined;
  });
  if (options.json)
    return printJson(response === undefined ? { deviceName: name, operatorRole: role } : toJson(IssueCertificateResponse, response));
  print(
    `${bold(printable(name))} (${options.role}): its credential is in ${options.out}. Whoever has that folder is ${printable(name)}: carry it over a safe way.`,
  );
}

async function add(connection: Connection, name: string, serverNames: string[], options: AddOptions): Promise<IssueCertificateResponse> {
  const { key, csr } = await createKeyAndRequest();
  const request = IssueCertificateRequest.create({ csr, profile: "operator", deviceName: name, operatorRole: options.role, serverNames });
  const { anchors } = await call(connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  const ca = anchors.find(({ authority }) => authority === "operators")?.certificate ?? "";
  const response = await call(connection.certificates, "issueCertificate", request);
  const address = options.address ?? connection.address;
  await writeCredential({ folder: options.out, address, ca, certificate: response.certificate?.pem ?? "", key, serverNames });
  return response;
}
