// First: @peculiar/x509 needs it.
import "reflect-metadata";

import { type KeyObject, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(webcrypto);

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const YEAR_MILLIS = 365 * 86_400_000;

/**
 * A CA certificate (PEM) that passes for the given one wherever nobody looks closely: its name, a longer life, and its public key or
 * another. Without the private key (`signedWith`) it is signed by a key that nobody knows.
 */
export async function forgeNamesakeOf(
  pem: string,
  { withItsKey, signedWith }: { readonly withItsKey: boolean; readonly signedWith?: KeyObject },
): Promise<string> {
  const original = new x509.X509Certificate(pem);
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const forged = await x509.X509CertificateGenerator.create({
    serialNumber: "0badca",
    subject: original.subjectName,
    issuer: original.subjectName,
    notBefore: original.notBefore,
    notAfter: new Date(original.notAfter.getTime() + YEAR_MILLIS),
    publicKey: withItsKey ? original.publicKey : keys.publicKey,
    signingKey: signedWith === undefined ? keys.privateKey : await toCryptoKey(signedWith),
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 0, true)],
  });
  return `${forged.toString("pem")}\n`;
}

function toCryptoKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey("pkcs8", key.export({ type: "pkcs8", format: "der" }), ALGORITHM, false, ["sign"]);
}
