import { Server, ServerCredentials, type sendUnaryData } from "@grpc/grpc-js";
import type { Credential } from "../../../clients/connect/credential.js";
import { CertificateServiceService, GetCertificateResponse } from "../../../generated/latchkey/v1/certificate_service.js";
import { answerOrders } from "./child.js";

// A gRPC server that does nothing, over the same mutual TLS as the CA: what a call costs before anybody has done any work.
// The order is the gRPC server's own credential, the answer the address.
answerOrders<Credential, string>(async ({ ca, certificate, key }) => {
  const server = new Server();
  const { getCertificate } = CertificateServiceService;
  server.addService(
    { getCertificate },
    {
      getCertificate: (_call: unknown, callback: sendUnaryData<GetCertificateResponse>) => callback(null, GetCertificateResponse.create()),
    },
  );
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(certificate) };
  const credentials = ServerCredentials.createSsl(Buffer.from(ca), [pair], true);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  return `127.0.0.1:${port}`;
});
