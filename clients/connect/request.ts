// First: @peculiar/x509 needs it.
import "reflect-metadata";

import { createPrivateKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A new P-256 key and the certificate signing request (RFC 2986) that proves it. The subject is empty: the CA names its operators. */
export async function createKeyAndRequest(): Promise<{ /** PKCS#8, PEM. */ key: string /** PKCS#10, DER. */; csr: Buffer }> {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: "", keys, signingAlgorithm: ALGORITHM });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
  return { key: key.toString(), csr: Buffer.from(request.rawData) };
}
