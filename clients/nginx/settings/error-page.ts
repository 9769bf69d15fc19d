import type { Directive } from "./directive.js";
import type { Hole } from "./hole.js";
import { isOn, type Server } from "./server.js";

/**
 * What nginx can answer before it has looked at the client's certificate: a missing or bad certificate (495, 496), plain
 * HTTP on a TLS port (497), and requests that fail while their head is read: no Host (400), TRACE (405), too long (414, 494),
 * another name than the handshake's (421), an unknown transfer encoding (501) or version (505). It does not
 * look again after the internal redirect to the page.
 */
const BEFORE_THE_CHECK: ReadonlySet<string> = new Set(["400", "405", "414", "421", "494", "495", "496", "497", "501", "505"]);
/** What a location may hold that shows a text and nothing else. */
const HARMLESS: ReadonlySet<string> = new Set([
  "return",
  "default_type",
  "charset",
  "add_header",
  "access_log",
  "log_not_found",
  "expires",
  "types",
]);

/** Error pages that show strangers more than a text: nginx does not check the certificate again after the redirect. */
export function auditErrorPages(server: Server): Hole[] {
  return server.settings("error_page").flatMap(({ args, place }): Hole[] => {
    const target = args.at(-1) ?? "";
    const codes = args.slice(0, -1).filter((code) => BEFORE_THE_CHECK.has(code));
    if (codes.length === 0 || /^(https?|\$scheme):\/\//.test(target) || isTextOnly(server, target)) return [];
    return [
      {
        code: "ERROR_PAGE_OPENS",
        message: `${place}: error_page ${args.join(" ")} sends who shows no good certificate to ${target}, and nginx does not ask for the certificate again there.`,
        remedy: `Let it point to a named location that only returns a text: error_page ${codes.join(" ")} @refused; location @refused { default_type text/plain; return 400 "No good certificate.\\n"; }`,
      },
    ];
  });
}

function isTextOnly(server: Server, target: string): boolean {
  if (!target.startsWith("@")) return false;
  const block = server.own.find(({ name, args }) => name === "location" && args.join("") === target)?.block;
  if (block === undefined || !block.every(({ name }) => HARMLESS.has(name))) return false;
  const returned = block.find(({ name }) => name === "return");
  return returned !== undefined && (!isOn(server.setting("recursive_error_pages")) || hasText(returned));
}

/** `return 404;` without a text asks for the error page of 404: with recursive_error_pages, for whatever that reaches. */
function hasText({ args }: Directive): boolean {
  return args.length > 1;
}
