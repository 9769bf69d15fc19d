import { createPrivateKey, webcrypto } from "node:crypto";
import { isIP } from "node:net";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/**
 * A new P-256 key and the certificate signing request (RFC 2986) that proves it: for server names, or for nobody in particular.
 * The subject is empty: the CA names its operators, and server names stand in the SAN.
 */
export async function createKeyAndRequest(
  serverNames: readonly string[] = [],
): Promise<{ /** PKCS#8, PEM. */ key: string /** PKCS#10, DER. */; csr: Buffer }> {
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const names = serverNames.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value }));
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "",
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" }).export({ type: "pkcs8", format: "pem" });
  return { key: key.toString(), csr: Buffer.from(request.rawData) };
}

/** Loaded when it is needed: it takes longer than a whole `latchkey list`, and most starts need none. */
async function loadX509(): Promise<typeof import("@peculiar/x509")> {
  // First: it needs it.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto);
  return x509;
}
