import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSecret, sign } from "../../../services/ca/notices/signature.js";

test("the signature is that of Standard Webhooks' own example", () => {
  const secret = parseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
  const signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}');
  assert.equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

for (const [what, text] of Object.entries({
  "without its prefix": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  "too short": `whsec_${Buffer.alloc(23, 1).toString("base64")}`,
  "too long": `whsec_${Buffer.alloc(65, 1).toString("base64")}`,
  "no base64": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2La*****",
  empty: "",
})) {
  test(`a secret that is none is refused, and is not told: ${what}`, () => {
    assert.throws(
      () => parseSecret(text),
      (error: Error) => error.name === "NoticeProblem" && /whsec_ and the base64/.test(error.message) && !error.message.includes("MfKQ"),
    );
  });
}
