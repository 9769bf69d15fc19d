import type { Directive } from "./directive.js";
import { inForce, type Server } from "./server.js";
import { type Target, targetsOf } from "./target.js";

/** One `…_pass` of a server: where requests go. */
export interface Pass {
  readonly place: string;
  readonly text: string;
  readonly targets: readonly Target[] | "unknown";
  /** nginx shows a certificate of its own there: who comes this way need not have one. */
  readonly showsCertificate: boolean;
}

/**
 * Not `fastcgi_pass`: what listens there runs whatever script it is told, for every site of the host; it is no backend of its own.
 * Not `memcached_pass`: a cache.
 */
const PASSES: ReadonlySet<string> = new Set(["proxy_pass", "grpc_pass", "uwsgi_pass", "scgi_pass", "tunnel_pass", "pass"]);
const OWN_CERTIFICATE = ["proxy_ssl_certificate", "grpc_ssl_certificate", "uwsgi_ssl_certificate"];
/** Blocks of a server that hold what is done with requests. */
const AROUND: ReadonlySet<string> = new Set(["location", "if", "limit_except"]);

/**
 * Everything that this server passes on to others, except what it passes on for this host's own clients alone.
 *
 * @param except paths that are left out
 */
export function passesOf(server: Server, except: ReadonlySet<string> = new Set()): Pass[] {
  return passesIn(server.own, [server.own, server.outer], except);
}

/** @param scopes the blocks around, the innermost first */
function passesIn(block: readonly Directive[], scopes: readonly (readonly Directive[])[], except: ReadonlySet<string>): Pass[] {
  return block.flatMap((directive) => {
    const { name, args, place, block: inside } = directive;
    if (inside !== undefined) {
      const isLeftOut = !AROUND.has(name) || isChallenge(directive) || (name === "location" && except.has(args.at(-1) ?? ""));
      return isLeftOut ? [] : passesIn(inside, [inside, ...scopes], except);
    }
    if (!PASSES.has(name) || isForThisHostAlone(scopes)) return [];
    // `tunnel_pass;` leads wherever the client asks for.
    const [text = "$request_uri"] = args;
    const showsCertificate = OWN_CERTIFICATE.some((directive) => inForce(directive, ...scopes).length > 0);
    return [{ place, text: `${name} ${text}`, targets: targetsOf(text, scopes), showsCertificate }];
  });
}

/** Where a server asks whether to let a request in (auth_request): it hands no answer on, so nothing there is guarded. */
export function asksOf(server: Server): ReadonlySet<string> {
  const asks = (block: readonly Directive[]): string[] =>
    block.flatMap(({ name, args, block: inside = [] }) => (name === "auth_request" ? args.slice(0, 1) : asks(inside)));
  return new Set([...asks(server.own), ...asks(server.outer.filter(({ name }) => name === "auth_request"))]);
}

/** Where a public CA looks for its proof (RFC 8555 §8.3): open by its nature, and answered by no backend. */
function isChallenge({ name, args }: Directive): boolean {
  return name === "location" && args.at(-1)?.startsWith("/.well-known/acme-challenge") === true;
}

/** `allow 127.0.0.1; deny all;`: the innermost block that has any of these counts. */
function isForThisHostAlone(scopes: readonly (readonly Directive[])[]): boolean {
  const rules = scopes.find((block) => block.some(isRule))?.filter(isRule) ?? [];
  const deny = rules.findIndex(({ name, args }) => name === "deny" && args[0] === "all");
  const allowed = rules.slice(0, deny === -1 ? undefined : deny).filter(({ name }) => name === "allow");
  // Any other way in counts, and so does whoever may say what its address is.
  const isOtherwise =
    inForce("satisfy", ...scopes).some(({ args }) => args[0] === "any") || inForce("set_real_ip_from", ...scopes).length > 0;
  return deny !== -1 && !isOtherwise && allowed.every(({ args: [address = ""] }) => /^(127\.[\d./]+|::1|unix:)$/.test(address));
}

function isRule({ name }: Directive): boolean {
  return name === "allow" || name === "deny";
}
