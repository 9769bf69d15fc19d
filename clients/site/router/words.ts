import type { PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import { forwardsOf } from "./forwards.js";

/** For a router that only its own pages can be told. */
export function renderWords(site: PreparedSite): RenderedFile {
  const { ipv4, ipv6 } = site.lan;
  const rows = forwardsOf(site).map(
    ({ name, outside, inside }) => `  ${name.toUpperCase().padEnd(6)} TCP, port ${outside} from outside, to ${ipv4} port ${inside}\n`,
  );
  const open = forwardsOf(site).map(({ inside }) => `  TCP port ${inside} to ${ipv6}\n`);
  const six =
    ipv6 === undefined
      ? "IPv6: nothing to do, and publish no AAAA record.\n"
      : `IPv6 knows no forwarding: in the router's IPv6 firewall ("pinholes", "exposed ports") let in\n\n${open.join("")}`;
  return {
    path: "router/port-forwarding.txt",
    goesTo: "your own router, by hand: this is what to enter there.",
    undo: "delete these entries at the same place.",
    body: `On the page that is called "port forwarding", "virtual server", "NAT" or "port sharing" (FRITZ!Box: Internet, Permit Access), enter

${rows.join("")}
and nothing else: no UDP, no "DMZ" or "exposed host", no other port. Give ${ipv4} to nginx's host for ever (a DHCP reservation on the same router).
If the provider shares its address among customers (CGNAT, DS-Lite), nothing arrives by IPv4: ask for an address of your own, or use IPv6.

${six}`,
  };
}
