import type { PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import { renderNftables } from "./nftables.js";
import { renderOpenwrtFirewall } from "./openwrt.js";
import { renderWords } from "./words.js";

/** The way from the internet to nginx: TCP alone, and only the ports that nginx has. */
export function renderRouter(site: PreparedSite): RenderedFile[] {
  switch (site.router.kind) {
    case "openwrt":
      return renderOpenwrtFirewall(site, site.router);
    case "nftables":
      return [renderNftables(site, site.router.wan)];
    case "other":
      return [renderWords(site)];
    case "none":
      return [];
  }
}
