// First: @peculiar/x509 needs it.
import "reflect-metadata";

import { webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import { toPem } from "./pem.js";

x509.cryptoProvider.set(webcrypto);

/** A new P-256 key, PKCS#8 PEM, and a request (RFC 2986) signed with it, DER: for server names, or for nobody in particular. */
export async function createCertificateRequest(serverNames: readonly string[]): Promise<{ key: string; csr: Buffer }> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const names = serverNames.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: keys as Parameters<typeof x509.Pkcs10CertificateRequestGenerator.create>[0]["keys"],
    signingAlgorithm: algorithm,
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  });
  const pkcs8 = new Uint8Array(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { key: toPem("PRIVATE KEY", pkcs8), csr: Buffer.from(request.rawData) };
}
