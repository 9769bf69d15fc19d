import type { Directive } from "./directive.js";
import type { Hole } from "./hole.js";
import { inForce, isOn, type Server } from "./server.js";

/**
 * What a request gets to that has no good certificate. nginx looks at the certificate before any location, access rule, rewrite or
 * script of the server, and refuses with 495 or 496. What is left to answer it is the error page (which nginx does not check again), what
 * filters that answer, and post_action.
 */
export function auditRefusal(server: Server): Hole[] {
  return [...auditErrorPages(server), ...auditPostAction(server)];
}

/**
 * The codes that come after the check alone. All others can come before it: a missing or bad certificate (495, 496), plain HTTP on a TLS
 * port (497), and requests that fail while their head is read (400, 405, 414, 421, 494, 501, 505).
 */
const AFTER_THE_CHECK: ReadonlySet<string> = new Set(
  "300 301 302 303 304 307 308 401 402 403 404 406 407 408 409 410 411 412 413 415 416 417 418 422 423 424 425 426 428 429 451 499 500 502 503 504 507 508 511".split(
    " ",
  ),
);

/** What a location may hold that shows a text and nothing else: nothing that answers before `return` does, and no filter. */
const HARMLESS: ReadonlySet<string> = new Set([
  "return",
  "internal",
  "default_type",
  "types",
  "charset",
  "add_header",
  "add_trailer",
  "more_set_headers",
  "more_clear_headers",
  "expires",
  "etag",
  "server_tokens",
  "access_log",
  "error_log",
  "log_not_found",
  "keepalive_timeout",
  "allow",
  "deny",
  "satisfy",
  "auth_basic",
  "auth_request",
  "ssi",
  "add_before_body",
  "add_after_body",
]);

function auditErrorPages(server: Server): Hole[] {
  return server.settings("error_page").flatMap(({ args, place }): Hole[] => {
    const target = args.at(-1) ?? "";
    const codes = args.slice(0, -1).filter((code) => /^\d+$/.test(code) && !AFTER_THE_CHECK.has(code));
    if (codes.length === 0 || /^(https?|\$scheme):\/\//.test(target) || isTextOnly(server, target)) return [];
    return [
      {
        code: "ERROR_PAGE_OPENS",
        message: `${place}: error_page ${args.join(" ")} sends who shows no good certificate to ${target}, and nginx does not ask for the certificate again there.`,
        remedy: `Let it point to a named location that only returns a text: error_page ${codes.join(" ")} @refused; location @refused { default_type text/plain; return 400 "No good certificate.\\n"; } (with \`ssi off; add_before_body ""; add_after_body "";\` where the server has these)`,
      },
    ];
  });
}

function isTextOnly(server: Server, target: string): boolean {
  if (!target.startsWith("@")) return false;
  const block = server.own.find(({ name, args }) => name === "location" && args.join("") === target)?.block;
  if (block === undefined || !block.every(({ name }) => HARMLESS.has(name))) return false;
  if (hasFilter(server, block)) return false;
  const returns = block.filter(({ name }) => name === "return");
  const isRecursive = isOn(server.setting("recursive_error_pages"));
  return returns.length > 0 && returns.every((each) => !isRecursive || answersItself(each));
}

/** Filters that put something into the text: commands of an SSI page, which the text may have from the request, or other pages. */
function hasFilter(server: Server, block: readonly Directive[]): boolean {
  const setting = (name: string) => inForce(name, block, server.own, server.outer).at(-1);
  return isOn(setting("ssi")) || ["add_before_body", "add_after_body"].some((name) => (setting(name)?.args[0] ?? "") !== "");
}

/**
 * Without a text, or as a redirect, `return` asks for the error page of its own code: with recursive_error_pages, for whatever that
 * reaches. `""` is no text. 444 closes the connection.
 */
function answersItself({ args: [code = "", text = ""] }: Directive): boolean {
  return code === "444" || (/^\d+$/.test(code) && text !== "" && !/^3/.test(code));
}

function auditPostAction(server: Server): Hole[] {
  const action = server.setting("post_action");
  if (action === undefined) return [];
  return [
    {
      code: "POST_ACTION",
      message: `${action.place}: post_action ${action.args.join(" ")} is carried out after refused requests, too: whoever shows no certificate reaches it.`,
      remedy: "Write post_action in the location that it is for, not in the server or around it.",
    },
  ];
}
