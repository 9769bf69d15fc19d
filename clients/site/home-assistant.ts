import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { isHomeAssistant, renderHomeAssistant, trustedProxiesOf } from "../nginx/configuration/home-assistant.js";
import { lanAddresses, type PreparedSite } from "./prepared.js";
import type { RenderedFile } from "./rendered-file.js";
import type { Site } from "./schema.js";

/** What each Home Assistant needs to be told of this nginx. */
export function renderHomeAssistants(site: PreparedSite): RenderedFile[] {
  return homeAssistantsOf(site).map(({ domain, proxies }) => ({
    path: `home-assistant/${domain}.yaml`,
    goesTo:
      "Home Assistant's configuration.yaml (`latchkey site render --home-assistant FILE` shows what changes there); then restart Home Assistant.",
    undo: "take these lines out of it, and restart Home Assistant.",
    body: renderHomeAssistant(proxies),
  }));
}

/** Those of the sites that are Home Assistant, and where nginx comes from, as each sees it. */
export function homeAssistantsOf(site: Pick<Site, "sites" | "lan">): { readonly domain: string; readonly proxies: readonly string[] }[] {
  return site.sites
    .filter(({ backend, homeAssistant }) => homeAssistant ?? isHomeAssistant(backend))
    .map(({ domain, backend, trustedProxies }) => ({ domain, proxies: trustedProxies ?? trustedProxiesOf(backend, lanAddresses(site)) }));
}

/**
 * A configuration.yaml with these proxies in it. Outside of `http` not an octet changes: comments, tags (`!include`) and order stay. Answers
 * undefined when it can't be told how: it is no YAML, or `http` stands in another file.
 */
export function mergeHomeAssistant(text: string, proxies: readonly string[]): string | undefined {
  const document = parseDocument(text, { logLevel: "silent" });
  if (document.errors.length > 0 || !(isEmpty(document.contents) || isMap(document.contents))) return undefined;
  const http = isMap(document.contents) ? document.contents.items.find(({ key }) => isScalar(key) && key.value === "http") : undefined;
  if (http === undefined) return `${text.trimEnd()}${text.trim() === "" ? "" : "\n\n"}${renderHomeAssistant(proxies)}`;
  const begin = isScalar(http.key) ? http.key.range?.[0] : undefined;
  if (begin === undefined || !(isEmpty(http.value) || (isMap(http.value) && http.value.tag === undefined))) return undefined;
  const section = sectionAt(text.slice(begin));
  const merged = mergeSection(section, proxies);
  return merged === undefined ? undefined : `${text.slice(0, begin)}${merged}${text.slice(begin + section.length)}`;
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null && node.tag === undefined);
}

/** From its name to its last indented line: comments and empty lines below that belong to what follows. */
function sectionAt(text: string): string {
  const [first = "", ...below] = text.split("\n");
  const end = below.findIndex((line) => /^[^\s#]/.test(line));
  const lines = end === -1 ? below : below.slice(0, end);
  const last = lines.findLastIndex((line) => /^\s+\S/.test(line));
  return [first, ...lines.slice(0, last + 1)].join("\n");
}

function mergeSection(section: string, proxies: readonly string[]): string | undefined {
  const document = parseDocument(section, { logLevel: "silent" });
  if (document.errors.length > 0) return undefined;
  if (isEmpty(document.get("http", true))) document.set("http", document.createNode({}));
  const listed = document.getIn(["http", "trusted_proxies"], true);
  const present = isSeq(listed)
    ? listed.items.map((item) => (isScalar(item) ? String(item.value) : ""))
    : isScalar(listed) && !isEmpty(listed)
      ? [String(listed.value)]
      : [];
  const missing = proxies.filter((proxy) => !present.includes(proxy));
  if (missing.length === 0 && document.getIn(["http", "use_x_forwarded_for"]) === true) return section;
  document.setIn(["http", "use_x_forwarded_for"], true);
  if (isSeq(listed)) for (const proxy of missing) listed.add(document.createNode(proxy));
  else document.setIn(["http", "trusted_proxies"], document.createNode([...present, ...missing]));
  return document.toString({ lineWidth: 0 }).trimEnd();
}
