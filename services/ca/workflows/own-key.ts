import { createHash, generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { Csr } from "../authority/csr.js";
import type { Der } from "../authority/types.js";

const generate = promisify(generateKeyPair);

/** A P-256 key that the CA makes for itself or for what runs beside it, and the request that it need not sign to itself. */
export async function createOwnKey(): Promise<{ readonly csr: Csr /** PKCS#8, PEM. */; readonly key: string }> {
  const { publicKey, privateKey } = await generate("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const csr: Csr = {
    subject: { commonNames: [], otherAttributes: [] },
    dnsNames: [],
    addresses: [],
    otherNames: false,
    publicKey: spki as Uint8Array as Der,
    publicKeyHash: createHash("sha256").update(spki).digest("hex"),
    keyAlgorithm: "EC P-256",
  };
  return { csr, key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}
