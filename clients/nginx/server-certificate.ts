import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { IssueCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "../connect/connect.js";
import { isDueForRenewal } from "../connect/credential.js";
import { createCertificateRequest } from "./certificate-request.js";

/** nginx's own certificate with its chain, and the key that it was made for. PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Is a new one needed: none yet, two thirds of its life over, or other names than these? */
export function needsServerCertificate(held: string | undefined, names: readonly string[], at: Date): boolean {
  if (held === undefined) return true;
  try {
    const certificate = new X509Certificate(held);
    const has = (name: string) =>
      (isIP(name) === 0 ? certificate.checkHost(name, { subject: "never" }) : certificate.checkIP(name)) !== undefined;
    return isDueForRenewal(held, at) || !names.every(has);
  } catch {
    return true;
  }
}

/** Makes a key, which never leaves this host, and has the CA certify it for these names. Throws CallError. */
export async function requestServerCertificate(connection: Connection, names: readonly string[]): Promise<ServerCertificate> {
  const { key, csr } = await createCertificateRequest(names);
  const request = IssueCertificateRequest.create({ csr, profile: "server", serverNames: [...names] });
  const { certificateChain } = await call(connection.certificates, "issueCertificate", request);
  return { certificate: certificateChain, key };
}
