import { IssueCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "./connect.js";
import { createKeyAndRequest } from "./request.js";

/** A TLS server's certificate with its chain, and the key that it was made for. PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a key, which never leaves this host, and has the CA certify it for these names. Throws CallError. */
export async function requestServerCertificate(connection: Connection, names: readonly string[]): Promise<ServerCertificate> {
  const { key, csr } = await createKeyAndRequest(names);
  const request = IssueCertificateRequest.create({ csr, profile: "server", serverNames: [...names] });
  const { certificateChain } = await call(connection.certificates, "issueCertificate", request);
  return { certificate: certificateChain, key };
}
