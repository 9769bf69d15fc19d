import { domainToASCII } from "node:url";
import { getPublicSuffix } from "tldts";
import { isAddress } from "./address.js";
import { LatchkeyError } from "./error.js";

const MAX_NAME_LENGTH = 253;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const WILDCARD = "*.";

/** A DNS name as certificates hold it: lower-case letters, digits and hyphens, no trailing dot, perhaps one leftmost `*.`. */
export function isDnsName(text: string): boolean {
  const host = text.startsWith(WILDCARD) ? text.slice(WILDCARD.length) : text;
  return isHostName(host) && (host === text || host.includes("."));
}

/** The same without wildcards. A last label of digits alone is refused: it would be read as an address (WHATWG URL). */
export function isHostName(text: string): boolean {
  const labels = text.split(".");
  return text.length <= MAX_NAME_LENGTH && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

/** Is `name` the `base` itself or below it (RFC 5280 §4.2.1.10)? Of a wildcard, what it stands for must be. */
export function isWithin(name: string, base: string): boolean {
  const host = name.startsWith(WILDCARD) ? name.slice(WILDCARD.length) : name;
  return host === base || host.endsWith(`.${base}`);
}

/**
 * A domain of the site, as one types it: lower-case ASCII (IDNA). Not one under which strangers have their names, by the public
 * suffix list (`com`, `co.uk`, `duckdns.org`): a stolen key could impersonate them all. Throws DOMAIN_INVALID.
 */
export function parseDomain(text: string): string {
  const typed = text.trim().replace(/\.$/, "");
  if (typed.includes("/") || typed.includes(":")) throw invalid(text, "it is a URL or has a port; give the name alone");
  if (isAddress(typed)) throw invalid(text, "it is an address; give a DNS name");
  if (typed.startsWith(WILDCARD)) throw invalid(text, `its subdomains are permitted with it; give \`${typed.slice(WILDCARD.length)}\``);
  const domain = domainToASCII(typed);
  if (!isHostName(domain)) throw invalid(text, "it is not a DNS name");
  if (!domain.includes(".")) throw invalid(text, "it is a whole top-level domain, or a bare host name");
  if (getPublicSuffix(domain, { allowPrivateDomains: true }) === domain) {
    throw invalid(text, `strangers have their names under it, too; give your own, like my-house.${domain}`);
  }
  return domain;
}

function invalid(text: string, why: string): LatchkeyError {
  return new LatchkeyError(
    "DOMAIN_INVALID",
    `${JSON.stringify(text.slice(0, 80))} can't be a domain of the site: ${why}. Example: home.example.com.`,
    {
      violations: [{ field: "domain", description: why }],
    },
  );
}
