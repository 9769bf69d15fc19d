import type { PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import { renderDdclient } from "./ddclient.js";
import { renderDuckdns } from "./duckdns.js";
import { renderOpenwrtDdns } from "./openwrt.js";
import { renderStatic } from "./static.js";

/** So that the names mean the house's address outside, also after the provider has changed it. */
export function renderDynamicDns(site: PreparedSite): RenderedFile[] {
  const { dynamicDns } = site;
  switch (dynamicDns.kind) {
    case "duckdns":
      return renderDuckdns(site, secretOf(site));
    case "ddclient":
      return [renderDdclient(site, dynamicDns, secretOf(site))];
    case "openwrt":
      return [renderOpenwrtDdns(site, dynamicDns, secretOf(site))];
    case "static":
      return [renderStatic(site, dynamicDns)];
    case "none":
      return [];
  }
}

function secretOf({ secret }: PreparedSite): string {
  if (secret === undefined) throw new Error("the dynamic DNS needs its secret");
  return secret;
}
