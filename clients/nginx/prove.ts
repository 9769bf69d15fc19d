import { join } from "node:path";
import { pause } from "./backoff.js";
import { Problem } from "./problem.js";
import { askStatus, type StatusAnswer } from "./status-location.js";

const PROOF_MILLIS = 20_000;
const POLL_MILLIS = 15;
/** Answers on as many connections, one after the other: one could have been an old worker's last. */
const ANSWERS_IN_A_ROW = 3;

/**
 * Waits until the new workers answer with this number: `nginx -s reload` returns before they serve (a second and a half with a
 * million entries). Throws Problem (NGINX_NOT_PROVED).
 */
export async function proveNumber(statusUrl: string, dir: string, number: bigint, kept = false): Promise<void> {
  const end = Date.now() + PROOF_MILLIS;
  let inARow = 0;
  for (;;) {
    const answer = await askStatus(statusUrl);
    inARow = isNumber(answer, number, kept) ? inARow + 1 : 0;
    if (inARow === ANSWERS_IN_A_ROW) return;
    if (Date.now() > end) throw notProved(answer, dir, number, kept);
    if (inARow === 0) await pause(POLL_MILLIS);
  }
}

/** @param kept the CRL's list is to stand in for it */
export function isNumber(answer: StatusAnswer, number: bigint, kept = false): boolean {
  return answer.kind === "number" && answer.number === number && answer.kept === kept;
}

/** What the status location shows instead, and what to do. */
export function notProved(answer: StatusAnswer, dir: string, number: bigint, kept = false): Problem {
  const said = answer.kind === "number" ? `It shows ${shown(answer.number, answer.kept)}, not ${shown(number, kept)}` : answer.detail;
  return new Problem("NGINX_NOT_PROVED", `${said}. ${whereStatusBelongs(dir)}`);
}

function shown(number: bigint, kept: boolean): string {
  return kept ? `${number} kept` : String(number);
}

export function whereStatusBelongs(dir: string): string {
  const file = join(dir, "latchkey-status.conf");
  return `A server of nginx on loopback has to include ${file}, and --status-url has to name it (\`latchkey-nginx config\` prints one).`;
}
