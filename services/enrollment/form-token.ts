import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * Proves that a form came from our own page for this very invitation: another site can send a form, but not read one. Each view of the page
 * has its own, so that the same form sent twice is known again.
 */
export interface FormTokens {
  issue(token: string): string;
  isOurs(token: string, formToken: unknown): formToken is string;
}

const NONCE_CHARACTERS = 22;

export function createFormTokens(secret: Uint8Array = randomBytes(32)): FormTokens {
  const sign = (token: string, nonce: string) => createHmac("sha256", secret).update(`${nonce}\0${token}`).digest("base64url");
  return {
    issue(token) {
      const nonce = randomBytes(16).toString("base64url");
      return nonce + sign(token, nonce);
    },
    isOurs(token, formToken): formToken is string {
      if (typeof formToken !== "string") return false;
      const nonce = formToken.slice(0, NONCE_CHARACTERS);
      const expected = Buffer.from(nonce + sign(token, nonce));
      const given = Buffer.from(formToken);
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}
