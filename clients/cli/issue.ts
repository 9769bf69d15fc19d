import type { Command } from "commander";
import { IssueCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { clientCommand } from "./command.js";
import { type DeviceOptions, issueToDevice, withDeviceOptions } from "./issue-to-device.js";

interface IssueOptions extends DeviceOptions {
  readonly owner?: string;
}

export function issueCommand(): Command {
  return withDeviceOptions(
    clientCommand(
      "issue <name>",
      "Issue a device's certificate here: for its own request (--csr), or with a key made on the spot (--bundle)",
      "latchkey issue NAS --csr nas.csr --out nas.pem\nlatchkey issue Laptop --bundle laptop.p12",
    ),
  )
    .option("--owner <name>", "who the device belongs to")
    .action(async (deviceName: string, options: IssueOptions) => {
      await issueToDevice(options, ({ certificates }, csr) => {
        const request = IssueCertificateRequest.create({ csr, deviceName, owner: options.owner ?? "" });
        return call(certificates, "issueCertificate", request);
      });
    });
}
