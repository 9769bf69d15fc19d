// First: @peculiar/x509 needs it.
import "reflect-metadata";

import { createPrivateKey, type KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { encodePem } from "../../services/ca/authority/der/pem.js";

x509.cryptoProvider.set(webcrypto);

export interface TestRequest {
  readonly csr: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly key: KeyObject;
  /** PKCS#8 PEM. */
  readonly keyPem: string;
}

/** A P-256 key and a request for it, made by @peculiar/x509: not by the code under test. */
export async function createTestRequest(name = "", serverNames: readonly string[] = []): Promise<TestRequest> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const names = serverNames.map((value) => ({ type: /^[0-9.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const), value }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys: keys as Parameters<typeof x509.Pkcs10CertificateRequestGenerator.create>[0]["keys"],
    signingAlgorithm: algorithm,
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  });
  const pkcs8 = new Uint8Array(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    csr: new Uint8Array(request.rawData),
    publicKey: new Uint8Array(await webcrypto.subtle.exportKey("spki", keys.publicKey)),
    key: createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }),
    keyPem: encodePem("PRIVATE KEY", pkcs8),
  };
}
