import { X509Certificate } from "node:crypto";
import { RenewCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { call, connect } from "./connect.js";
import { type Credential, isDueForRenewal, readCredential, writeCredential } from "./credential.js";
import { lockCredential } from "./credential-lock.js";
import { createKeyAndRequest } from "./request.js";

/** For the caller's log: what became of a renewal. Every log of ours fits; the command line is silent. */
export type RenewalLog = (
  event: "credential.renewed" | "credential.failed",
  fields: { readonly notAfter: string } | { readonly detail: string },
) => void;

const SILENT: RenewalLog = () => {};

/**
 * Renews a credential folder of which two thirds are over, on use, with a new key. The old certificate stays good until its
 * end: a renewal that fails harms nothing, and the next use tries again. Answers the credential to go on with; never throws.
 */
export async function renewIfDue(credential: Credential, log = SILENT, at = new Date()): Promise<Credential> {
  if (!isDueForRenewal(credential.certificate, at)) return credential;
  return await orGoOn(credential, log, async () => {
    const unlock = await lockCredential(credential.folder);
    if (unlock === undefined) return credential;
    try {
      const present = await readCredential(credential.folder);
      // Another was first. The address is the caller's: it knows where the CA runs now.
      if (!isDueForRenewal(present.certificate, at)) return { ...present, address: credential.address };
      const renewed = await requestRenewal(credential);
      await writeCredential(renewed);
      tellRenewed(renewed, log);
      return renewed;
    } finally {
      await unlock();
    }
  });
}

/** The same for a process that may write no disk: the new credential is in memory alone. */
export async function renewInMemoryIfDue(credential: Credential, log = SILENT, at = new Date()): Promise<Credential> {
  if (!isDueForRenewal(credential.certificate, at)) return credential;
  return await orGoOn(credential, log, async () => {
    const renewed = await requestRenewal(credential);
    tellRenewed(renewed, log);
    return renewed;
  });
}

async function orGoOn(credential: Credential, log: RenewalLog, renew: () => Promise<Credential>): Promise<Credential> {
  try {
    return await renew();
  } catch (error) {
    log("credential.failed", { detail: error instanceof Error ? error.message : String(error) });
    return credential;
  }
}

/** A new key, and a certificate for it in the name of the old one. Throws CallError. */
async function requestRenewal(credential: Credential): Promise<Credential> {
  const connection = connect(credential);
  try {
    const { key, csr } = await createKeyAndRequest();
    const { certificate } = await call(connection.certificates, "renewCertificate", RenewCertificateRequest.create({ csr }));
    if (certificate === undefined) throw new Error("The CA's answer holds no certificate.");
    return { ...credential, key, certificate: certificate.pem };
  } finally {
    connection.close();
  }
}

function tellRenewed({ certificate }: Credential, log: RenewalLog): void {
  log("credential.renewed", { notAfter: new Date(new X509Certificate(certificate).validTo).toISOString() });
}
