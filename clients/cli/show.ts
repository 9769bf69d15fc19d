import type { Command } from "commander";
import { GetCertificateRequest, GetCertificateResponse } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { relative } from "./duration.js";
import { toJson } from "./json.js";
import { statusColour } from "./list.js";
import { newest, resolve } from "./resolve.js";
import { withConnection } from "./session.js";
import { bold, dim, print, printable, printJson } from "./terminal.js";

export function showCommand(): Command {
  return clientCommand(
    "show <id>",
    "Show a certificate: by a device's name (its newest), a serial number, or a unique prefix",
    `latchkey show "Anna's phone"`,
  )
    .option("--pem", "the certificate in PEM, and nothing else")
    .action(async (id: string, options: CommonOptions & { pem?: boolean }) => {
      const { response, others } = await withConnection(options, async (connection) => {
        const resolved = await resolve(connection, id);
        const { name } = newest(resolved);
        const response = await call(connection.certificates, "getCertificate", GetCertificateRequest.create({ name }));
        const others = resolved.kind === "name" ? resolved.certificates.filter((certificate) => certificate.name !== name) : [];
        return { response, others };
      });
      if (options.pem) process.stdout.write(response.certificate?.pem ?? "");
      else if (options.json) printJson(toJson(GetCertificateResponse, response));
      else {
        show(response);
        if (others.length > 0)
          print(
            dim(
              `\n${others.length} more of this name: ${others.map(({ serialNumber, status }) => `${serialNumber} (${status})`).join(", ")}`,
            ),
          );
      }
    });
}

function show({ certificate }: GetCertificateResponse): void {
  if (certificate === undefined) return;
  const now = new Date();
  const time = (date: Date | undefined) => (date === undefined ? "" : `${date.toISOString()} (${relative(date, now)})`);
  const rows: [string, string][] = [
    ["status", statusColour(certificate.status)(certificate.status)],
    ["authority", certificate.authority],
    ["role", certificate.operatorRole],
    ["owner", certificate.owner],
    ["serial number", certificate.serialNumber],
    ["device id", certificate.deviceId],
    ["names", certificate.serverNames.join(", ")],
    ["from", time(certificate.notBefore)],
    ["until", time(certificate.notAfter)],
    ["revoked", time(certificate.revokeTime)],
    ["reason", certificate.revocationReason],
    ["first seen", time(certificate.firstSeenTime)],
    ["last seen", time(certificate.lastSeenTime)],
    ["key", certificate.keyAlgorithm],
    ["SHA-256", certificate.sha256Fingerprint],
  ];
  print(bold(printable(certificate.deviceName)));
  for (const [name, value] of rows) if (value !== "") print(`  ${name.padEnd(14)} ${value}`);
}
