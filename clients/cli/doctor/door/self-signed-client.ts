// First: @peculiar/x509 needs it.
import "reflect-metadata";

import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { Identity } from "./ask.js";

const HOUR_MILLIS = 3600_000;

/** A client certificate that is its own issuer, good for an hour: another CA's, for a door that knows its own. */
export async function selfSignedClient(): Promise<Identity> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const pkcs8 = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  x509.cryptoProvider.set(webcrypto);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=stranger ${randomBytes(4).toString("hex")}`,
    keys: keys as Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]["keys"],
    signingAlgorithm: algorithm,
    notBefore: new Date(now - HOUR_MILLIS),
    notAfter: new Date(now + HOUR_MILLIS),
    extensions: [new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth])],
  });
  return { certificate: certificate.toString("pem"), key: x509.PemConverter.encode(pkcs8, "PRIVATE KEY") };
}
