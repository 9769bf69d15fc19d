import type { Command } from "commander";
import { RenewCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { clientCommand } from "./command.js";
import { type DeviceOptions, issueToDevice, withDeviceOptions } from "./issue-to-device.js";
import { newest, resolve } from "./resolve.js";

interface RenewOptions extends DeviceOptions {
  readonly revokeOld?: boolean;
}

export function renewCommand(): Command {
  return withDeviceOptions(
    clientCommand(
      "renew <id>",
      "Issue a new certificate to a device that exists: same name, same id, a new key",
      "latchkey renew NAS --csr nas.csr --out nas.pem",
    ),
  )
    .option("--revoke-old", "revoke the old certificate at once, instead of letting it end by itself")
    .action(async (id: string, options: RenewOptions) => {
      await issueToDevice(options, async (connection, csr) => {
        const { name } = newest(await resolve(connection, id));
        const request = RenewCertificateRequest.create({ name, csr, revokeOld: options.revokeOld === true });
        return await call(connection.certificates, "renewCertificate", request);
      });
    });
}
