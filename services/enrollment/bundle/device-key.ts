import { createPublicKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { promisify } from "node:util";
import { certificationRequest } from "./csr.js";

const generate = promisify(generateKeyPair);
const signAsync = promisify(sign);

export interface DeviceKey {
  readonly privateKey: KeyObject;
  /** PKCS#10 (RFC 2986), DER. */
  readonly csr: Uint8Array;
}

/** Makes a P-256 key and the request that proves its possession. Both run in libuv's thread pool. */
export async function createDeviceKey(): Promise<DeviceKey> {
  const { privateKey } = await generate("ec", { namedCurve: "P-256" });
  return { privateKey, csr: await requestFor(privateKey) };
}

/** The request for a P-256 key that is there already. */
export async function requestFor(privateKey: KeyObject): Promise<Uint8Array> {
  return await certificationRequest(publicKeyOf(privateKey), (message) => signAsync("sha256", message, privateKey));
}

/** SubjectPublicKeyInfo, DER. */
export function publicKeyOf(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: "der", type: "spki" });
}
