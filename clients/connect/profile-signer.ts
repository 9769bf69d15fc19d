import { IssueCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "./connect.js";
import { createKeyAndRequest } from "./request.js";

/** A certificate that signs configuration profiles, with its chain, and the key that it was made for. PEM. */
export interface ProfileSigner {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a key, which never leaves this host, and has the CA certify it for signing profiles. Throws CallError. */
export async function requestProfileSigner(connection: Connection): Promise<ProfileSigner> {
  const { key, csr } = await createKeyAndRequest();
  const request = IssueCertificateRequest.create({ csr, profile: "profile-signer" });
  const { certificateChain } = await call(connection.certificates, "issueCertificate", request);
  return { certificate: certificateChain, key };
}
