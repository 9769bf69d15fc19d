import { RenewCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call, connect } from "../connect/connect.js";
import { type Credential, isDueForRenewal, writeCredential } from "../connect/credential.js";
import { createCertificateRequest } from "./certificate-request.js";
import type { Log } from "./events.js";

/** Renews the hook's own credential at two thirds of its life, with a new key. When that fails, the old one goes on. */
export async function renewCredential(credential: Credential, log: Log): Promise<Credential> {
  if (!isDueForRenewal(credential.certificate, new Date())) return credential;
  const connection = connect(credential);
  try {
    const { key, csr } = await createCertificateRequest([]);
    const { certificate } = await call(connection.certificates, "renewCertificate", RenewCertificateRequest.create({ csr }));
    if (certificate === undefined) throw new Error("the answer holds no certificate");
    const renewed = { ...credential, certificate: certificate.pem, key };
    await writeCredential(renewed);
    log("credential.renewed", { notAfter: certificate.notAfter?.toISOString() });
    return renewed;
  } catch (error) {
    log("credential.failed", { detail: error instanceof Error ? error.message : String(error) });
    return credential;
  } finally {
    connection.close();
  }
}
