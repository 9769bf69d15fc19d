import { generateKeyPair, type KeyObject, sign } from "node:crypto";
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
  const { privateKey, publicKey } = await generate("ec", { namedCurve: "P-256" });
  const csr = await certificationRequest(publicKey.export({ format: "der", type: "spki" }), (message) =>
    signAsync("sha256", message, privateKey),
  );
  return { privateKey, csr };
}
