import { certificationRequest } from "../bundle/csr.js";
import { sequence, unsignedInteger } from "../bundle/der.js";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
const COORDINATE_OCTETS = 32;

/** A key that was made here, and what proves it. */
export interface DeviceKey {
  /** PKCS#8, DER. */
  readonly privateKey: Uint8Array;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  /** PKCS#10, DER. */
  readonly csr: Uint8Array;
}

/** Makes a P-256 key in this browser, and the request for its certificate. */
export async function createDeviceKey(): Promise<DeviceKey> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const csr = await certificationRequest(publicKey, async (message) => {
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, new Uint8Array(message));
    return ecdsaSigValue(new Uint8Array(signature));
  });
  return { privateKey: new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey)), publicKey, csr };
}

/** WebCrypto answers r and s side by side; X.509 wants Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER } (RFC 5480 appendix A). */
function ecdsaSigValue(signature: Uint8Array): Uint8Array {
  return sequence(unsignedInteger(signature.subarray(0, COORDINATE_OCTETS)), unsignedInteger(signature.subarray(COORDINATE_OCTETS)));
}
