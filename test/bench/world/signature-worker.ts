import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { answerOrders } from "./child.js";

export interface SignatureOrder {
  /** `verify + sign`: of a request on P-256, by an authority on P-256. `RSA-2048`: the signature alone. */
  readonly kind: "verify + sign" | "RSA-2048";
  readonly millis: number;
}

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key = publicKey.export({ format: "der", type: "spki" });
/** About as long as what is signed in a request, and in a certificate. */
const request = randomBytes(150);
const certificate = randomBytes(500);
const proof = sign("sha256", request, privateKey);
let rsa: KeyObject | undefined;

/** What issuing can't do without: take in the request's key, verify the request, sign the certificate. */
function verifyAndSign(): void {
  if (!verify("sha256", request, createPublicKey({ key, format: "der", type: "spki" }), proof)) throw new Error("a good proof is refused");
  sign("sha256", certificate, privateKey);
}

function signByRsa(): void {
  rsa ??= generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  sign("sha256", certificate, rsa);
}

// The answer is how many in a second, on one core.
answerOrders<SignatureOrder, number>(async ({ kind, millis }) => {
  const work = kind === "RSA-2048" ? signByRsa : verifyAndSign;
  work();
  const end = performance.now() + millis;
  let done = 0;
  for (; performance.now() < end; done++) work();
  return (done * 1_000) / millis;
});
