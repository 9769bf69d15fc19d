import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { type Credential, isDueForRenewal } from "../../clients/connect/credential.js";
import { RenewCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { createDeviceKey } from "./bundle/device-key.js";

/** The connection to the CA under this service's credential, which renews itself in memory: this process may write no disk. */
export interface OwnConnection {
  current(): Connection;
  /** Renews the credential if two thirds of its life are over. Calls under way go on over the old connection. */
  renewIfDue(at: Date): Promise<void>;
  close(): void;
}

const DRAIN_MILLIS = 60_000;

export function openOwnConnection(first: Credential): OwnConnection {
  let credential = first;
  let connection = connect(first);
  return {
    current: () => connection,
    async renewIfDue(at) {
      if (!isDueForRenewal(credential.certificate, at)) return;
      const { privateKey, csr } = await createDeviceKey();
      const { certificate } = await call(
        connection.certificates,
        "renewCertificate",
        RenewCertificateRequest.create({ csr: Buffer.from(csr) }),
      );
      if (certificate === undefined) return;
      credential = { ...credential, certificate: certificate.pem, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
      const old = connection;
      connection = connect(credential);
      setTimeout(() => old.close(), DRAIN_MILLIS).unref();
    },
    close: () => connection.close(),
  };
}
