import { renderCertbot } from "./certbot.js";
import { renderDns } from "./dns/dns.js";
import { renderOtherDoor } from "./doors/other-door.js";
import { renderDynamicDns } from "./dynamic-dns/dynamic-dns.js";
import { renderHomeAssistants } from "./home-assistant.js";
import { renderNginx } from "./nginx.js";
import type { PreparedSite } from "./prepared.js";
import type { RenderedFile } from "./rendered-file.js";
import { renderRouter } from "./router/router.js";

/** Every file of the kit: from the front door outwards. */
export function renderSite(site: PreparedSite): RenderedFile[] {
  return [renderFrontDoor, renderCertbot, renderHomeAssistants, renderDns, renderRouter, renderDynamicDns].flatMap((render) =>
    render(site),
  );
}

function renderFrontDoor(site: PreparedSite): RenderedFile[] {
  return site.frontDoor === "nginx" ? renderNginx(site) : renderOtherDoor(site, site.frontDoor);
}
