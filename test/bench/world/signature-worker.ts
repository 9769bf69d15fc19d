import { createPublicKey, generateKeyPairSync, randomBytes, sign, verify } from "node:crypto";
import { answerOrders } from "./child.js";

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = publicKey.export({ format: "der", type: "spki" });
/** About as long as what is signed in a request, and in a certificate. */
const request = randomBytes(150);
const certificate = randomBytes(500);
const proof = sign("sha256", request, privateKey);

/** What issuing can't do without: take in the request's key, verify the request, sign the certificate. */
function verifyAndSign(): void {
  if (!verify("sha256", request, createPublicKey({ key, format: "der", type: "spki" }), proof)) throw new Error("a good proof is refused");
  sign("sha256", certificate, privateKey);
}

// The order is for how many milliseconds, the answer how many in a second, on one core.
answerOrders<number, number>(async (millis) => {
  const end = performance.now() + millis;
  let done = 0;
  for (; performance.now() < end; done++) verifyAndSign();
  return (done * 1_000) / millis;
});
