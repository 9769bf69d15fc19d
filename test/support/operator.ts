import { join } from "node:path";
import { type Connection, call } from "../../clients/connect/connect.js";
import type { Credential } from "../../clients/connect/credential.js";
import { IssueCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import type { TestAuthority } from "./authority.js";
import { createTestRequest } from "./request.js";

/** An operator's credential, in memory. */
export async function createOperator(
  world: Pick<TestAuthority, "admin" | "connection" | "folder">,
  name: string,
  role: string,
  serverNames: string[] = [],
): Promise<Credential & { serialNumber: string }> {
  const { csr, keyPem } = await createTestRequest();
  const request = IssueCertificateRequest.create({
    csr: Buffer.from(csr),
    profile: "operator",
    deviceName: name,
    operatorRole: role,
    serverNames,
  });
  const { certificate, serialNumber } = await call(world.connection.certificates, "issueCertificate", request);
  const folder = join(world.folder, `credential-${name}`);
  return { folder, address: world.admin.address, ca: world.admin.ca, certificate: certificate?.pem ?? "", key: keyPem, serialNumber };
}

/** A device's certificate with its key. */
export async function issueDevice(
  connection: Connection,
  name: string,
  owner = "",
): Promise<{ certificate: string; key: string; serialNumber: string }> {
  const { csr, keyPem } = await createTestRequest();
  const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), deviceName: name, owner });
  const { certificate, serialNumber } = await call(connection.certificates, "issueCertificate", request);
  return { certificate: certificate?.pem ?? "", key: keyPem, serialNumber };
}
