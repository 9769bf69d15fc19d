import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** Proves that a form came from our own page for this very invitation: another site can send a form, but not read one. */
export interface FormTokens {
  issue(token: string): string;
  isOurs(token: string, formToken: unknown): boolean;
}

export function createFormTokens(secret: Uint8Array = randomBytes(32)): FormTokens {
  const issue = (token: string) => createHmac("sha256", secret).update(token).digest("base64url");
  return {
    issue,
    isOurs(token, formToken) {
      const expected = Buffer.from(issue(token));
      const given = Buffer.from(typeof formToken === "string" ? formToken : "");
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
