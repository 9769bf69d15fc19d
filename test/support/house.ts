import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./nginx.js";
import { ip, nodad } from "./router.js";
import type { Output } from "./serve.js";

/**
 * The article's house: a router with NAT between the internet and the LAN, in the LAN the host with nginx and Home Assistant, and a phone that is on Wi-Fi or
 * on the mobile network. Each is a network namespace; IPv6 needs no NAT, and the router lets nothing in by itself. Needs root.
 */
export interface TestHouse {
  readonly folder: string;
  /** Runs a program on a host, and becomes it. */
  on(host: HostName): readonly string[];
  run(host: HostName, command: string, ...args: readonly string[]): Promise<Output>;
  /** Starts one that stays. */
  start(host: HostName, command: string, ...args: readonly string[]): ChildProcess;
  /** The phone leaves one network and joins the other. */
  move(to: "wifi" | "mobile"): void;
  remove(): Promise<void>;
}

export type HostName = "internet" | "router" | "ours" | "phone";

export const OURS = { ipv4: "192.168.1.2", ipv6: "2001:db8:1::2" } as const;
export const ROUTER = {
  lan: { ipv4: "192.168.1.1", ipv6: "2001:db8:1::1" },
  wan: { ipv4: "203.0.113.1", ipv6: "2001:db8:86::1" },
} as const;
export const INTERNET = { ipv4: "203.0.113.2", ipv6: "2001:db8:86::2" } as const;
const WIFI = { ipv4: "192.168.1.50", ipv6: "2001:db8:1::50" } as const;
const MOBILE = { ipv4: "203.0.113.50", ipv6: "2001:db8:86::50" } as const;
const HOSTS = ["internet", "router", "ours", "phone"] as const;
/** What the host with nginx has of its own, over the machine's: where the rendered files say that they go. */
const OWN_FOLDERS = ["/etc/nginx", "/var/log/nginx", "/var/lib/nginx", "/run"];

export function createTestHouse(): TestHouse {
  if (process.getuid?.() !== 0) throw new Error("A house in network namespaces needs root. Type: sudo npm test");
  const folder = mkdtempSync(join(tmpdir(), "latchkey-house-"));
  const namespace = (host: HostName) => `latchkey-house-${host}-${process.pid}`;
  const started: ChildProcess[] = [];
  let holder: ChildProcess | undefined;

  const on = (host: HostName): readonly string[] =>
    host === "ours" ? ["nsenter", "-t", String(holder?.pid), "-m", "-n", "--"] : ["ip", "netns", "exec", namespace(host)];

  /** The phone asks the DNS of the network that it is in. */
  function resolveBy(address: string): void {
    writeFileSync(`/etc/netns/${namespace("phone")}/resolv.conf`, `nameserver ${address}\n`);
  }

  function plug(host: HostName, name: string, into: HostName, bridge: string): void {
    const port = `${name}-${host}`.slice(0, 15);
    ip("-n", namespace(host), "link", "add", name, "type", "veth", "peer", "name", port, "netns", namespace(into));
    ip("-n", namespace(into), "link", "set", port, "master", bridge, "up");
  }

  /** Addresses, and the way out. Both go when the link goes down, so that they are set with each move. */
  function address(host: HostName, link: string, own: { ipv4: string; ipv6: string }, via?: { ipv4: string; ipv6: string }): void {
    ip("-n", namespace(host), "link", "set", link, "up");
    for (const one of [`${own.ipv4}/24`, `${own.ipv6}/64`]) ip("-n", namespace(host), "addr", "replace", one, "dev", link, ...nodad(one));
    if (via === undefined) return;
    ip("-n", namespace(host), "route", "replace", "default", "via", via.ipv4, "dev", link);
    ip("-n", namespace(host), "-6", "route", "replace", "default", "via", via.ipv6, "dev", link);
  }

  async function remove(): Promise<void> {
    for (const child of [...started, holder]) {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) continue;
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    }
    for (const host of HOSTS) {
      // A daemon (nginx) is nobody's child here.
      spawnSync("sh", ["-c", `ip netns pids ${namespace(host)} | xargs -r kill -9`]);
      spawnSync("ip", ["netns", "del", namespace(host)]);
    }
    rmSync(`/etc/netns/${namespace("phone")}`, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }

  for (const host of HOSTS) {
    ip("netns", "add", namespace(host));
    ip("-n", namespace(host), "link", "set", "lo", "up");
  }
  mkdirSync(`/etc/netns/${namespace("phone")}`, { recursive: true });
  ip("-n", namespace("internet"), "link", "add", "net", "type", "bridge");
  ip("-n", namespace("router"), "link", "add", "lan", "type", "bridge");
  plug("router", "wan", "internet", "net");
  plug("phone", "mobile", "internet", "net");
  plug("ours", "eth0", "router", "lan");
  plug("phone", "wifi", "router", "lan");
  address("internet", "net", INTERNET);
  address("router", "lan", ROUTER.lan);
  address("router", "wan", ROUTER.wan, INTERNET);
  address("ours", "eth0", OURS, ROUTER.lan);
  ip("-n", namespace("internet"), "-6", "route", "add", "2001:db8:1::/64", "via", ROUTER.wan.ipv6);
  execFileSync("ip", ["netns", "exec", namespace("router"), "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"]);

  const own = OWN_FOLDERS.map((path) => ({ path, here: join(folder, path.slice(1).replaceAll("/", "-")) }));
  for (const { path, here } of own) {
    if (path === "/run") mkdirSync(here);
    else cpSync(path, here, { recursive: true, filter: (name) => !/\.(log|gz)(\.\d+)?$/.test(name) });
  }
  const mounts = own.map(({ path, here }) => `mount --bind ${here} ${path}`).join(" && ");
  holder = spawn("ip", ["netns", "exec", namespace("ours"), "sh", "-c", `${mounts} && exec sleep infinity`], { stdio: "ignore" });

  function move(to: "wifi" | "mobile"): void {
    const [own, via, dns] = to === "wifi" ? [WIFI, ROUTER.lan, ROUTER.lan.ipv4] : [MOBILE, ROUTER.wan, INTERNET.ipv4];
    ip("-n", namespace("phone"), "link", "set", to === "wifi" ? "mobile" : "wifi", "down");
    address("phone", to, own, via);
    resolveBy(dns);
  }
  move("wifi");

  return {
    folder,
    on,
    move,
    run(host, command, ...args) {
      const [first = "", ...rest] = [...on(host), command, ...args];
      return new Promise((resolve) => {
        execFile(first, rest, { encoding: "utf8" }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
        );
      });
    },
    start(host, command, ...args) {
      const [first = "", ...rest] = [...on(host), command, ...args];
      const child = spawn(first, rest, { stdio: ["ignore", "pipe", "inherit"] });
      started.push(child);
      return child;
    },
    remove,
  };
}

/** What a router does by itself: it hides the LAN behind its address, and lets nothing in from outside but what was forwarded. `accepts`: rules of its owner's. */
export function loadRouter(house: TestHouse, accepts: readonly string[]): void {
  const rules = `table inet router {
    chain forward {
      type filter hook forward priority 0; policy drop;
      ct state established,related accept
      iifname "lan" accept
      ${accepts.join("\n      ")}
    }
    chain input { type filter hook input priority 0; policy drop; ct state established,related accept; iifname { "lan", "lo" } accept; meta l4proto ipv6-icmp accept; }
    chain postrouting { type nat hook postrouting priority srcnat; oifname "wan" meta nfproto ipv4 masquerade; }
  }`;
  const [first = "", ...rest] = [...house.on("router"), "nft", "-f", "-"];
  execFileSync(first, rest, { input: rules });
}

/** A WebSocket from a host, kept open: says `open`, what comes, and `closed`. */
export function openSocketOn(house: TestHouse, host: HostName, url: string, identity: { certificate: string; key: string; root: string }) {
  const script = fileURLToPath(new URL("./hold-socket.js", import.meta.url));
  const child = house.start(host, process.execPath, script, url, identity.certificate, identity.key, identity.root);
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  return {
    says: (what: string, within = 20_000) => until(() => said.includes(what), `the socket does not say ${what}, but: ${said}`, within),
  };
}
