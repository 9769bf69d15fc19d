import { renderCertbot } from "./certbot.js";
import { renderDns } from "./dns/dns.js";
import { renderDynamicDns } from "./dynamic-dns/dynamic-dns.js";
import { renderHomeAssistants } from "./home-assistant.js";
import { renderNginx } from "./nginx.js";
import type { PreparedSite } from "./prepared.js";
import type { RenderedFile } from "./rendered-file.js";
import { renderRouter } from "./router/router.js";

/** Every file of the kit: from nginx outwards. */
export function renderSite(site: PreparedSite): RenderedFile[] {
  return [renderNginx, renderCertbot, renderHomeAssistants, renderDns, renderRouter, renderDynamicDns].flatMap((render) => render(site));
}
