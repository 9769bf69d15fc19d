import { ListCertificatesRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { call } from "../../connect/connect.js";
import { quote } from "../resolve.js";
import { printable } from "../terminal.js";
import { type Finding, found, ok, skipped } from "./finding.js";
import type { House } from "./house.js";

/** Whose devices the doctor's canaries are: `latchkey list --owner` shows them all. */
export const CANARY_OWNER = "latchkey doctor";

/** A doctor that was killed (SIGKILL, a power cut) could not revoke its canary. Its key was in memory alone, and is gone. */
export async function* lookForCanary({ ca }: House): AsyncGenerator<Finding> {
  if (ca === undefined) return yield skipped("Canaries of earlier examinations: the CA knows them.");
  const filter = `authority = "devices" AND status = "valid" AND owner = ${quote(CANARY_OWNER)}`;
  const request = ListCertificatesRequest.create({ pageSize: 1000, filter });
  const { certificates } = await call(ca.connection.certificates, "listCertificates", request);
  if (certificates.length === 0) yield ok("No canary of an earlier examination is left.");
  for (const { deviceName } of certificates) {
    const what = `${printable(deviceName)} is still valid: the examination that made it was cut off, or goes on at this moment.`;
    yield found("CANARY_LEFT", what, `\`latchkey revoke ${quote(printable(deviceName))}\``);
  }
}
