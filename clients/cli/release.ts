import type { Command } from "commander";
import { ReleaseCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call } from "../connect/connect.js";
import { standingCommand } from "./change-standing.js";

export function releaseCommand(): Command {
  return standingCommand({
    name: "release",
    description: "End a hold: the device is let in again",
    example: `latchkey release "Anna's phone"`,
    past: "Released",
    change: ({ certificates }, selector) => call(certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector })),
  });
}
