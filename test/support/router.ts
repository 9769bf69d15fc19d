import { execFile, execFileSync, spawnSync } from "node:child_process";

/** A host in a network namespace of its own. */
export interface TestHost {
  readonly namespace: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

/**
 * A house's network: this host and a phone on the LAN's switch, and behind the router a stranger with public addresses (TEST-NET-3,
 * 2001:db8::/32) who is routed to us. Needs root. Without it: sudo npm test
 */
export interface TestNetwork {
  /** This host's own addresses on the LAN. */
  readonly ours: { readonly ipv4: string; readonly ipv6: string; readonly linkLocal: string };
  readonly lan: readonly string[];
  readonly phone: TestHost;
  /** The name of the phone's interface, which is the zone of a link-local address there. */
  readonly zone: string;
  /** A second address of the phone's host. */
  readonly proxy: string;
  /** The beginning of a /64 on the LAN all of whose addresses are the phone's host's: `fd00:…::`. */
  readonly many: string;
  readonly stranger: TestHost;
  remove(): void;
}

export function createTestNetwork(): TestNetwork {
  const id = process.pid % 10_000;
  const router = `latchkey-router-${process.pid}`;
  const phone: TestHost = { namespace: `latchkey-lan-${process.pid}`, ipv4: "10.86.7.2", ipv6: "fd00:86:7::2" };
  const stranger: TestHost = { namespace: `latchkey-out-${process.pid}`, ipv4: "203.0.113.2", ipv6: "2001:db8:86::2" };
  const ours = { ipv4: "10.86.7.1", ipv6: "fd00:86:7::1", linkLocal: "fe80::86:1" };
  const proxy = "10.86.7.3";
  const many = "fd00:86:8::";
  const [here, zone, outside] = [`lk${id}h`, `lk${id}p`, `lk${id}o`];
  const inRouter = (...args: string[]) => ip("-n", router, ...args);
  const remove = () => {
    // A namespace takes its ends of the pairs with it, and they take the others.
    for (const name of [router, phone.namespace, stranger.namespace]) spawnSync("ip", ["netns", "del", name]);
    spawnSync("ip", ["link", "del", here]);
  };

  try {
    for (const name of [router, phone.namespace, stranger.namespace]) {
      ip("netns", "add", name);
      ip("-n", name, "link", "set", "lo", "up");
    }
    ip("link", "add", here, "type", "veth", "peer", "name", "port-us", "netns", router);
    ip("-n", phone.namespace, "link", "add", zone, "type", "veth", "peer", "name", "port-phone", "netns", router);
    ip("-n", stranger.namespace, "link", "add", outside, "type", "veth", "peer", "name", "wan", "netns", router);
    inRouter("link", "add", "lan", "type", "bridge");
    for (const port of ["port-us", "port-phone"]) inRouter("link", "set", port, "master", "lan", "up");
    inRouter("link", "set", "lan", "up");
    inRouter("link", "set", "wan", "up");
    for (const address of ["10.86.7.254/24", "fd00:86:7::fe/64"]) inRouter("addr", "add", address, "dev", "lan", ...nodad(address));
    for (const address of ["203.0.113.1/24", "2001:db8:86::1/64"]) inRouter("addr", "add", address, "dev", "wan", ...nodad(address));
    execFileSync("ip", ["netns", "exec", router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"], {
      stdio: "pipe",
    });

    ip("link", "set", here, "up");
    for (const address of [`${ours.ipv4}/24`, `${ours.ipv6}/64`, `${ours.linkLocal}/64`])
      ip("addr", "add", address, "dev", here, ...nodad(address));
    ip("route", "add", "203.0.113.0/24", "via", "10.86.7.254", "dev", here);
    ip("-6", "route", "add", `${many}/64`, "via", phone.ipv6, "dev", here);
    ip("-6", "route", "add", "2001:db8:86::/64", "via", "fd00:86:7::fe", "dev", here);

    ip("-n", phone.namespace, "link", "set", zone, "up");
    for (const address of [`${phone.ipv4}/24`, `${proxy}/24`, `${phone.ipv6}/64`]) {
      ip("-n", phone.namespace, "addr", "add", address, "dev", zone, ...nodad(address));
    }
    ip("-n", phone.namespace, "-6", "route", "add", "local", `${many}/64`, "dev", "lo");
    execFileSync("ip", ["netns", "exec", phone.namespace, "sysctl", "-qw", "net.ipv6.ip_nonlocal_bind=1"], { stdio: "pipe" });
    ip("-n", stranger.namespace, "link", "set", outside, "up");
    for (const address of [`${stranger.ipv4}/24`, `${stranger.ipv6}/64`]) {
      ip("-n", stranger.namespace, "addr", "add", address, "dev", outside, ...nodad(address));
    }
    ip("-n", stranger.namespace, "route", "add", "default", "via", "203.0.113.1");
    ip("-n", stranger.namespace, "-6", "route", "add", "default", "via", "2001:db8:86::1");
  } catch (error) {
    remove();
    throw error;
  }
  return { ours, lan: ["10.86.7.0/24", "fd00:86:7::/64", `${many}/64`, "fe80::/10"], phone, zone, proxy, many, stranger, remove };
}

/** An IPv6 address that nobody else can have needs no search for who else has it. */
export function nodad(address: string): string[] {
  return address.includes(":") ? ["nodad"] : [];
}

export function ip(...args: string[]): void {
  execFileSync("ip", args, { stdio: "pipe" });
}

/** curl on another host: the status that it got (000: none), and its exit code (35: the connection ended in the handshake). */
export function curl({ namespace }: TestHost, ...args: string[]): Promise<{ status: string; code: unknown }> {
  const all = ["netns", "exec", namespace, "curl", "-skg", "--max-time", "5", "-o", "/dev/null", "-w", "%{http_code}", ...args];
  return new Promise((resolve) => execFile("ip", all, (error, stdout) => resolve({ status: stdout, code: error?.code ?? 0 })));
}

export const REFUSED_BEFORE_TLS = { status: "000", code: 35 };
export const ANSWERED = { status: "200", code: 0 };
