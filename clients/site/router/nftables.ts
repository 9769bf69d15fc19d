import type { PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import { forwardsOf } from "./forwards.js";

/** A table of its own: it can be loaded again, and taken away, without a look at the router's other rules. */
export function renderNftables(site: PreparedSite, wan: string): RenderedFile {
  const { ipv4, ipv6 } = site.lan;
  const forwards = forwardsOf(site);
  const translate = forwards.map(({ outside, inside }) => `    iifname "${wan}" tcp dport ${outside} dnat ip to ${ipv4}:${inside}\n`);
  const ports = `{ ${[...new Set(forwards.map(({ inside }) => inside))].join(", ")} }`;
  const accepts = [
    `iifname "${wan}" ip daddr ${ipv4} tcp dport ${ports} accept`,
    ...(ipv6 === undefined ? [] : [`iifname "${wan}" ip6 daddr ${ipv6} tcp dport ${ports} accept`]),
  ];
  return {
    path: "router/latchkey.nft",
    goesTo: "/etc/nftables.d/latchkey.nft on the router, included by its /etc/nftables.conf; then nft -c -f FILE && nft -f FILE",
    undo: "delete it and the rules in your own forward chain, then nft delete table inet latchkey",
    body: `# A rule that accepts counts in its own chain alone: where another table's forward chain drops what it does not know, these belong there, too:
${accepts.map((rule) => `#   ${rule}\n`).join("")}
table inet latchkey
delete table inet latchkey
table inet latchkey {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
${translate.join("")}  }

  chain forward {
    type filter hook forward priority filter; policy accept;
${accepts.map((rule) => `    ${rule}\n`).join("")}  }
}
`,
  };
}
