import type { PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import { uciBatch, uciFile, uciUndo } from "../uci.js";
import { recordsOf } from "./records.js";

const RELOAD = "/etc/init.d/dnsmasq reload";

/** The router's own dnsmasq: as commands, and as lines of its file. */
export function renderOpenwrtDns(site: PreparedSite): RenderedFile[] {
  const sections = recordsOf(site).map(({ name, address }, at) => ({
    config: "dhcp",
    type: "domain",
    name: `latchkey_${at + 1}`,
    options: { name, ip: address },
  }));
  const undo = `on the router: ${uciUndo(sections, RELOAD)}`;
  return [
    {
      path: "dns/openwrt.sh",
      goesTo: "the router, once: ssh root@ROUTER sh < dns/openwrt.sh",
      undo,
      body: uciBatch(sections, RELOAD),
    },
    {
      path: "dns/openwrt.dhcp",
      goesTo: `the end of the router's /etc/config/dhcp, in place of running openwrt.sh; then ${RELOAD}`,
      undo,
      body: uciFile(sections),
    },
  ];
}
