import { CRL_FILE } from "../revocation-files.js";
import type { Directive } from "../settings/directive.js";
import { parseDirectives } from "../settings/directive.js";

/** Where a device sees, without the backend's help, that it is let in, and who the door takes it for: all that a canary may see. */
export const CHECK_PATH = "/latchkey-check";

/** The whole of a canary's subject: every device's has a UID besides. */
const SUBJECT = "CN=latchkey canary";

/**
 * What keeps canaries from everything but the check location, before any location is looked for. With a text of its own: without one, an
 * `error_page 403` would lead on.
 */
export const RULE = [
  "set $latchkey_canary $ssl_client_s_dn;",
  `if ($uri = "${CHECK_PATH}") { set $latchkey_canary ""; }`,
  `if ($latchkey_canary = "${SUBJECT}") { return 403 "This certificate only tries the door.\\n"; }`,
] as const;

const WRITTEN = parseDirectives(RULE.join("\n"), "").map(withoutPlace);
/** What would end, or go round, what the server does before it looks for a location. */
const LEADS_ELSEWHERE: ReadonlySet<string> = new Set(["rewrite", "if", "break"]);

/**
 * Is the rule there, whole and in its order, with nothing before it that could pass it by? The hook's own file does not: it refuses, and has to come first
 * (`settings/keeping.ts`).
 *
 * @param dir the hook's folder
 */
export function hasRule(server: readonly Directive[], dir: string): boolean {
  const begin = server.findIndex(({ name, args }) => name === "set" && args[0] === "$latchkey_canary");
  const leadsElsewhere = ({ name, place }: Directive) => LEADS_ELSEWHERE.has(name) && !place.startsWith(`${dir}/${CRL_FILE}:`);
  if (begin === -1 || server.slice(0, begin).some(leadsElsewhere)) return false;
  return JSON.stringify(server.slice(begin, begin + WRITTEN.length).map(withoutPlace)) === JSON.stringify(WRITTEN);
}

function withoutPlace({ name, args, block }: Directive): object {
  return { name, args, block: block?.map(withoutPlace) };
}
