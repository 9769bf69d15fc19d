import { type ErrorCode, LatchkeyError } from "../error.js";

/** Octets that are not the DER they should be. It never leaves the core: each reader turns it into its own refusal. */
export class DerError extends Error {
  override readonly name = "DerError";
}

/** Runs a reader; a DerError becomes a LatchkeyError of this code, whose message begins with `sentence`. */
export function refuseMalformed<T>(code: ErrorCode, sentence: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof DerError) throw new LatchkeyError(code, `${sentence} (${error.message}).`, { cause: error });
    throw error;
  }
}
