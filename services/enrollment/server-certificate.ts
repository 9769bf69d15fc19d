import { type Connection, call } from "../../clients/connect/connect.js";
import { IssueCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { createDeviceKey } from "./bundle/device-key.js";

/** What the listener shows: PEM each. */
export interface ServerIdentity {
  readonly certificate: string;
  readonly key: string;
  /** When to get the next one: at two thirds of its life. Undefined for a certificate of the user's own. */
  readonly renewAt: Date | undefined;
}

/** A key that is made here and never leaves this memory, and a certificate of `servers` for it with its intermediate. */
export async function requestServerIdentity(connection: Connection, names: readonly string[]): Promise<ServerIdentity> {
  const { privateKey, csr } = await createDeviceKey();
  const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), profile: "server", serverNames: [...names] });
  const { certificateChain, certificate } = await call(connection.certificates, "issueCertificate", request);
  const from = certificate?.notBefore?.getTime() ?? 0;
  const to = certificate?.notAfter?.getTime() ?? 0;
  return {
    certificate: certificateChain,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    renewAt: new Date(from + ((to - from) * 2) / 3),
  };
}
