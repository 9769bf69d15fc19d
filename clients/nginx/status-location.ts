import * as http from "node:http";
import * as https from "node:https";

const TIMEOUT_MILLIS = 1_000;

/**
 * One location that answers with the CRL number, to this host alone; and with `kept` after it, when the CRL's list stands in for it. Built from digits, and from nothing that came over a wire.
 *
 * Not by `allow` and `deny`: `return` answers in the rewrite phase, before nginx comes to those.
 */
export function statusLocation(number: bigint, kept = false): string {
  const digits = number.toString(10);
  if (!/^\d+$/.test(digits)) throw new RangeError("a CRL number is digits");
  return `location = /latchkey-status {
  default_type text/plain;
  access_log off;
  if ($remote_addr !~ "^(127\\.|::1$|::ffff:127\\.|unix:)") { return 403; }
  return 200 "${digits}${kept ? " kept" : ""}\\n";
}
`;
}

export type StatusAnswer =
  | { readonly kind: "number"; readonly number: bigint; readonly kept: boolean }
  /** Nobody is there. */
  | { readonly kind: "unreachable"; readonly detail: string }
  | { readonly kind: "other"; readonly detail: string };

const NOBODY: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "EADDRNOTAVAIL"]);

/** Asks nginx, on a connection of its own, which CRL number it was loaded with. */
export function askStatus(url: string): Promise<StatusAnswer> {
  return new Promise((resolve) => {
    const get = url.startsWith("https:") ? https.get : http.get;
    // `agent: false` is a new connection each time: a kept one would ask the same old worker again.
    const request = get(url, { agent: false, headers: { connection: "close" }, timeout: TIMEOUT_MILLIS }, (response) => {
      let body = "";
      response.setEncoding("latin1");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > 1_000) response.destroy();
      });
      response.on("close", () => {
        const [, digits, kept] = /^(\d{1,50})( kept)?\n$/.exec(body) ?? [];
        if (response.statusCode === 200 && digits !== undefined)
          resolve({ kind: "number", number: BigInt(digits), kept: kept !== undefined });
        else resolve({ kind: "other", detail: `${url} answers ${response.statusCode}, and no CRL number` });
      });
    });
    request.on("timeout", () => request.destroy(new Error("no answer within a second")));
    request.on("error", (error: NodeJS.ErrnoException) => {
      const kind = NOBODY.has(error.code ?? "") ? "unreachable" : "other";
      resolve({ kind, detail: `${url}: ${error.message || error.code}` });
    });
  });
}
