/** Why a message did not get through, in words that may stand in a log and in `latchkey status`: never a secret, an URL's path, or what a stranger has answered. */
export class NoticeProblem extends Error {
  override readonly name = "NoticeProblem";
}

/** What an error is called in front of people: its own message may hold what nobody should read. */
export function problemOf(error: unknown): NoticeProblem {
  if (error instanceof NoticeProblem) return error;
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  return new NoticeProblem(
    WORDS[code] ?? (/^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? `it failed with ${code}` : "it failed for a reason that nobody foresaw"),
  );
}

const CA_FILE = "if it is your own CA's, name that CA's certificate in `caFile`";
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at that address and port",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
  EHOSTUNREACH: "that host can't be reached",
  ENETUNREACH: "that network can't be reached",
  ENOTFOUND: "that host's name is not known",
  EAI_AGAIN: "no name server answers",
  EDNS: "that host's name is not known",
  ETIMEDOUT: "it did not answer in time",
  ABORT_ERR: "it did not answer in time",
  EABORT: "it did not answer in time",
  DEPTH_ZERO_SELF_SIGNED_CERT: `its certificate is signed by nobody else: ${CA_FILE}`,
  SELF_SIGNED_CERT_IN_CHAIN: `its certificate comes from a CA that this host does not know: ${CA_FILE}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its certificate comes from a CA that this host does not know: ${CA_FILE}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its certificate comes from a CA that this host does not know: ${CA_FILE}`,
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
};
