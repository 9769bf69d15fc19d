import { LatchkeyError } from "./error.js";
import type { DeviceName } from "./types.js";

/** X.520's ub-common-name (RFC 5280 appendix A.1): counted in characters, not in octets. */
export const MAX_COMMON_NAME_CHARACTERS = 64;
/** Controls, lone surrogates, line and paragraph separators; and the bidirectional overrides that make one name look like another. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** What every canary is called, and nothing else. */
export const CANARY_NAME = "latchkey canary" as DeviceName;

/**
 * A device's or operator's name: 1 to 64 characters, in the composed form (NFC) whichever way it was typed.
 * Throws DEVICE_NAME_INVALID.
 */
export function parseDeviceName(text: string): DeviceName {
  const name = text.normalize("NFC");
  const length = [...name].length;
  if (length === 0) throw invalid("it is empty");
  if (length > MAX_COMMON_NAME_CHARACTERS)
    throw invalid(`it has ${length} characters, and ${MAX_COMMON_NAME_CHARACTERS} is the most that a certificate holds`);
  if (FORBIDDEN.test(name)) throw invalid("it holds a character that can't be seen (a control or direction character)");
  if (name !== name.trim()) throw invalid("it begins or ends with a space");
  if (name.toLowerCase() === CANARY_NAME) throw invalid("it is the name of the canaries by which hooks try their doors");
  return name as DeviceName;
}

function invalid(why: string): LatchkeyError {
  return new LatchkeyError("DEVICE_NAME_INVALID", `This name can't be used: ${why}. Choose another, for example "Anna's phone".`, {
    violations: [{ field: "device_name", description: why }],
  });
}
