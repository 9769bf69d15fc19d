import { open, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RenewCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call, connect } from "./connect.js";
import { type Credential, isDueForRenewal, writeCredential } from "./credential.js";

/**
 * Renews a credential of which two thirds are over, on use. The old certificate stays good until its end: two that renew
 * at once, or a renewal that fails, harm nothing. Answers the credential to go on with.
 */
export async function renewIfDue(credential: Credential, at = new Date()): Promise<Credential> {
  if (!isDueForRenewal(credential.certificate, at) || !(await lock(credential.folder, at))) return credential;
  const connection = connect(credential);
  try {
    const { createKeyAndRequest } = await import("./request.js");
    const { key, csr } = await createKeyAndRequest();
    const { certificate } = await call(connection.certificates, "renewCertificate", RenewCertificateRequest.create({ csr }));
    if (certificate === undefined) return credential;
    const renewed = { ...credential, key, certificate: certificate.pem };
    await writeCredential(renewed);
    return renewed;
  } catch {
    // The next use tries again: there is a third of its life left.
    return credential;
  } finally {
    connection.close();
    await rm(join(credential.folder, LOCK), { force: true });
  }
}

const LOCK = ".renewing";
const STALE_MILLIS = 60_000;

/** Two that write one folder at once could leave the key of the one beside the certificate of the other. */
async function lock(folder: string, at: Date): Promise<boolean> {
  const path = join(folder, LOCK);
  try {
    await (await open(path, "wx", 0o600)).close();
    return true;
  } catch {
    const left = await stat(path).catch(() => undefined);
    if (left !== undefined && at.getTime() - left.mtimeMs > STALE_MILLIS) await rm(path, { force: true });
    return false;
  }
}
