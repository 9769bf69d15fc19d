import { execFileSync, spawnSync } from "node:child_process";
import { ip, nodad, type TestHost } from "./router.js";

/**
 * A house whose router hides who comes in: what it forwards to our host, from the internet or from the LAN itself (hairpin), arrives there with
 * the router's own address. Our host has a namespace of its own, with its default route, so that it finds its LAN by itself. Needs root.
 */
export interface SourceNatNetwork {
  readonly ours: TestHost;
  /** Runs a program on our host, and becomes it. */
  readonly onOurs: readonly string[];
  /** The router's addresses on the LAN, which is where everything that it forwards seems to come from. */
  readonly gateway: { readonly ipv4: string; readonly ipv6: string };
  /** The router's public addresses. */
  readonly outside: { readonly ipv4: string; readonly ipv6: string };
  readonly phone: TestHost;
  readonly stranger: TestHost;
  /** From now on the router has this address on the LAN, and our host knows it by its link-local address alone, as of an announcement (RFC 4861). */
  announce(ipv6: string): void;
  remove(): void;
}

/** What the router announces itself by (RA): not the address that it forwards with. */
const LINK_LOCAL = "fe80::86:fe";

/** `ports`: those that the router forwards to our host. */
export function createSourceNatNetwork(ports: readonly number[]): SourceNatNetwork {
  const named = (name: string) => `latchkey-nat-${name}-${process.pid}`;
  const gateway = { ipv4: "10.86.9.254", ipv6: "fd00:86:9::fe" };
  const outside = { ipv4: "203.0.113.1", ipv6: "2001:db8:86::1" };
  const router: TestHost = { namespace: named("router"), ...gateway };
  const ours: TestHost = { namespace: named("ours"), ipv4: "10.86.9.1", ipv6: "fd00:86:9::1:1" };
  const phone: TestHost = { namespace: named("phone"), ipv4: "10.86.9.2", ipv6: "fd00:86:9::2" };
  const stranger: TestHost = { namespace: named("stranger"), ipv4: "203.0.113.2", ipv6: "2001:db8:86::2" };
  const hosts = [router, ours, phone, stranger];
  const inRouter = (...args: string[]) => ip("-n", router.namespace, ...args);
  let ipv6 = gateway.ipv6;

  function announce(next: string): void {
    inRouter("addr", "del", `${ipv6}/64`, "dev", "lan");
    inRouter("addr", "add", `${next}/64`, "dev", "lan", "nodad");
    for (const { namespace } of [ours, phone]) ip("-n", namespace, "-6", "route", "replace", "default", "via", LINK_LOCAL, "dev", "eth0");
    ipv6 = next;
  }

  const remove = () => {
    for (const { namespace } of hosts) spawnSync("ip", ["netns", "del", namespace]);
  };

  /** Plugs a host into the router, by the router's port; its default route leads there. */
  function connect({ namespace, ipv4, ipv6 }: TestHost, port: string, via: { readonly ipv4: string; readonly ipv6: string }): void {
    ip("-n", namespace, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", router.namespace);
    ip("-n", namespace, "link", "set", "eth0", "up");
    for (const address of [`${ipv4}/24`, `${ipv6}/64`]) ip("-n", namespace, "addr", "add", address, "dev", "eth0", ...nodad(address));
    ip("-n", namespace, "route", "add", "default", "via", via.ipv4);
    ip("-n", namespace, "-6", "route", "add", "default", "via", via.ipv6, "dev", "eth0");
  }

  try {
    for (const { namespace } of hosts) {
      ip("netns", "add", namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
    }
    connect(ours, "port-ours", gateway);
    connect(phone, "port-phone", gateway);
    connect(stranger, "wan", outside);
    inRouter("link", "add", "lan", "type", "bridge");
    for (const port of ["port-ours", "port-phone"]) inRouter("link", "set", port, "master", "lan", "up");
    for (const port of ["lan", "wan"]) inRouter("link", "set", port, "up");
    for (const [port, address] of [
      ["lan", `${gateway.ipv4}/24`],
      ["lan", `${gateway.ipv6}/64`],
      ["lan", `${LINK_LOCAL}/64`],
      ["wan", `${outside.ipv4}/24`],
      ["wan", `${outside.ipv6}/64`],
    ] as const)
      inRouter("addr", "add", address, "dev", port, ...nodad(address));
    onHost(router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    execFileSync("ip", ["netns", "exec", router.namespace, "nft", "-f", "-"], { input: rules(outside, ours, ports), stdio: "pipe" });
  } catch (error) {
    remove();
    throw error;
  }
  const onOurs = ["ip", "netns", "exec", ours.namespace, ...OUT_OF_CONTAINER];
  return { ours, onOurs, gateway, outside, phone, stranger, announce, remove };
}

/** A port forwarding that works from inside too, as routers make it: whoever comes through it comes from the router. */
function rules(outside: { ipv4: string; ipv6: string }, ours: TestHost, ports: readonly number[]): string {
  const dnat = ports.flatMap((port) => [
    `ip daddr ${outside.ipv4} tcp dport ${port} dnat ip to ${ours.ipv4}`,
    `ip6 daddr ${outside.ipv6} tcp dport ${port} dnat ip6 to ${ours.ipv6}`,
  ]);
  return `table inet forwarding {
    chain prerouting { type nat hook prerouting priority dstnat; ${dnat.join("; ")}; }
    chain postrouting { type nat hook postrouting priority srcnat; oifname "lan" ct status dnat masquerade; }
  }`;
}

/**
 * The tests may themselves run in a container, whose sign would keep the program from looking for its LAN: with all of this machine's folders
 * but no file beside them, and an empty /run. `ip netns exec` has given it mounts of its own.
 */
const OUT_OF_CONTAINER = [
  "sh",
  "-c",
  `mount -t tmpfs none /mnt && for one in /*; do
     if [ -L "$one" ]; then cp -P "$one" /mnt; elif [ -d "$one" ] && [ "$one" != /mnt ]; then
       mkdir "/mnt$one" && { [ "$one" = /run ] || mount --rbind "$one" "/mnt$one"; } || exit; fi; done
   cd "$PWD" && exec chroot /mnt "$@"`,
  "sh",
];

function onHost({ namespace }: TestHost, ...command: string[]): void {
  execFileSync("ip", ["netns", "exec", namespace, ...command], { stdio: "pipe" });
}
