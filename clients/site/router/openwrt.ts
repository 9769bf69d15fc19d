import type { PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import { type UciSection, uciBatch, uciFile, uciUndo } from "../uci.js";
import { type Forward, forwardsOf } from "./forwards.js";

const RELOAD = "/etc/init.d/firewall reload";

interface Zones {
  readonly wan: string;
  readonly lan: string;
}

/** Port forwarding for IPv4, and a rule for IPv6: as commands, and as lines of the router's file. */
export function renderOpenwrtFirewall(site: PreparedSite, zones: Zones): RenderedFile[] {
  const { ipv4, ipv6 } = site.lan;
  const redirects = forwardsOf(site).map((forward) => redirectTo(ipv4, forward, zones));
  const rules = ipv6 === undefined ? [] : forwardsOf(site).map((forward) => ruleFor(ipv6, forward, zones));
  const sections = [...redirects, ...rules];
  const undo = `on the router: ${uciUndo(sections, RELOAD)}`;
  return [
    {
      path: "router/openwrt.sh",
      goesTo: "the router, once: ssh root@ROUTER sh < router/openwrt.sh",
      undo,
      body: uciBatch(sections, RELOAD),
    },
    {
      path: "router/openwrt.firewall",
      goesTo: `the end of the router's /etc/config/firewall, in place of running openwrt.sh; then ${RELOAD}`,
      undo,
      body: uciFile(sections),
    },
  ];
}

function redirectTo(address: string, { name, outside, inside }: Forward, { wan, lan }: Zones): UciSection {
  return {
    config: "firewall",
    type: "redirect",
    name: `latchkey_${name}`,
    options: {
      name: `Latchkey-${name}`,
      src: wan,
      dest: lan,
      family: "ipv4",
      proto: "tcp",
      src_dport: `${outside}`,
      dest_ip: address,
      dest_port: `${inside}`,
      target: "DNAT",
    },
  };
}

/** IPv6 has no NAT: the host has its own address, and the firewall only lets this one port through to it. */
function ruleFor(address: string, { name, inside }: Forward, { wan, lan }: Zones): UciSection {
  return {
    config: "firewall",
    type: "rule",
    name: `latchkey_${name}_ipv6`,
    options: {
      name: `Latchkey-${name}-IPv6`,
      src: wan,
      dest: lan,
      family: "ipv6",
      proto: "tcp",
      dest_ip: address,
      dest_port: `${inside}`,
      target: "ACCEPT",
    },
  };
}
