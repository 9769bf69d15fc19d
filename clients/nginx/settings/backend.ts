import type { Hole } from "./hole.js";
import { isLoopback } from "./listen.js";
import { asksOf, type Pass, passesOf } from "./pass.js";
import { isOn, type Server } from "./server.js";
import type { Target } from "./target.js";

/**
 * Ways round the door: another server of this nginx that anybody can reach, that asks for no certificate, and that passes requests on
 * to what the door guards; itself, or through servers of this nginx on loopback.
 */
export function auditBackends(doors: readonly Server[], servers: readonly Server[]): Hole[] {
  const others = servers
    .filter((server) => !doors.includes(server) && !asksForCertificates(server))
    .map((server) => ({ server, passes: passesOf(server) }));
  const guarded = guardedBy(doors, others);
  const ways = waysTo(guarded, doors, others);
  return ways
    .filter(({ server }) => !server.sockets.every(isLoopback))
    .map(({ server, pass }) => ({
      code: "BACKEND_REACHABLE_WITHOUT_CERTIFICATE",
      message:
        pass.targets === "unknown"
          ? `${pass.place}: ${pass.text} of ${server.label} may lead anywhere, also to what the door guards, and asks for no certificate.`
          : `${pass.place}: ${pass.text} of ${server.label} leads to what the door guards, and asks for no certificate.`,
      remedy:
        "Let that server only redirect to the door (return 301 https://…), listen on 127.0.0.1 alone, or pass to something else, without variables from the request.",
    }));
}

interface Other {
  readonly server: Server;
  readonly passes: readonly Pass[];
}

/** Where the doors pass requests to, and where servers of this nginx that listen there pass them on to. */
function guardedBy(doors: readonly Server[], others: readonly Other[]): ReadonlySet<string> {
  const guarded = new Set<string>();
  let fresh = doors.flatMap((door) => passesOf(door, asksOf(door)));
  while (fresh.length > 0) {
    const targets = fresh.flatMap(({ targets }) => (targets === "unknown" ? [] : targets)).filter(({ name }) => !guarded.has(name));
    for (const { name } of targets) guarded.add(name);
    fresh = others.filter(({ server }) => targets.some((target) => listensAt(server, target))).flatMap(({ passes }) => passes);
  }
  return guarded;
}

/** The servers that lead there, and by which of their passes: also through the door itself, with a certificate that nginx shows for everybody. */
function waysTo(guarded: ReadonlySet<string>, doors: readonly Server[], others: readonly Other[]): { server: Server; pass: Pass }[] {
  const found = new Set<Server>();
  const leads = ({ targets, showsCertificate }: Pass) =>
    targets === "unknown" ||
    targets.some(
      (target) =>
        guarded.has(target.name) ||
        [...found].some((server) => listensAt(server, target)) ||
        (showsCertificate && doors.some((door) => listensAt(door, target) || isNamed(door, target))),
    );
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { server, passes } of others) if (passes.some(leads)) found.add(server);
  }
  return others.flatMap(({ server, passes }) => (found.has(server) ? passes.filter(leads).map((pass) => ({ server, pass })) : []));
}

function listensAt(server: Server, { name, port }: Target): boolean {
  return server.sockets.some(({ host, ports }) =>
    host.kind === "file" ? `unix:${host.path}` === name : port !== undefined && ports[0] <= port && port <= ports[1],
  );
}

function isNamed(door: Server, { name }: Target): boolean {
  const host = name.replace(/:\d*$/, "");
  return door.own.some((directive) => directive.name === "server_name" && directive.args.some((each) => each.toLowerCase() === host));
}

function asksForCertificates(server: Server): boolean {
  return isOn(server.setting("ssl_verify_client")) && server.sockets.every(({ tls }) => tls === "yes");
}
