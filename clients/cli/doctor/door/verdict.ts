import type { Answer } from "./ask.js";

/**
 * Who has answered, and what:
 * - `ended`: the connection ended without an answer;
 * - `refused`: the door itself said no;
 * - `distrusted`: Home Assistant behind it does not know the proxy;
 * - `broken`: the door got no answer from what stands behind it;
 * - `in`: what stands behind it has answered.
 */
export type Verdict = "ended" | "refused" | "distrusted" | "broken" | "in";

/** nginx's own words, of all its versions, for 495 and 496 (sent as 400). */
const NGINX_REFUSES = /<center>(?:No required SSL certificate was sent|The SSL certificate error)<\/center>/;
/** aiohttp's answer to a proxy that is not among `trusted_proxies`: this and nothing else. */
const HOME_ASSISTANT_DISTRUSTS = /^400: Bad Request\s*$/;

export function verdictOf({ status, body }: Pick<Answer, "status" | "body">): Verdict {
  if (status === 0) return "ended";
  if (NGINX_REFUSES.test(body)) return "refused";
  if (status === 400 && HOME_ASSISTANT_DISTRUSTS.test(unchunked(body))) return "distrusted";
  // A page of the owner's own for those that are refused; and 421, for a `Host` that the handshake did not name: no backend is asked then.
  if (status === 400 || status === 495 || status === 496 || status === 421) return "refused";
  if (status === 403 && /<center>nginx/.test(body)) return "refused";
  if (status >= 500) return "broken";
  return "in";
}

/** Without the lengths of a chunked body, where it is one chunk. */
function unchunked(body: string): string {
  return /^[0-9a-f]+\r\n([\s\S]*?)\r\n0\r\n/i.exec(body)?.[1] ?? body;
}

/** In a sentence: `it answered 200`. */
export function answered({ status, body }: Pick<Answer, "status" | "body">): string {
  return status === 0 ? body : `it answered ${status}`;
}
