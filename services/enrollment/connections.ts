import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server } from "node:https";
import type { Server as Listener, Socket } from "node:net";
import type { Guard } from "./guard.js";
import { networkOf, normalAddress } from "./lan.js";
import type { Refusals } from "./refusals.js";

/**
 * How many connections there is room for: of one address, of one /64 (and of a trusted proxy, who speaks for many), of one whom a proxy speaks for
 * (an address, or a /64, all of whose addresses may be one stranger's), and in all.
 */
const SHARE = { address: 32, network: 256, client: 16, all: 512 };
/** Node's own bound, above ours: what we have closed counts there for a moment more. */
export const MOST_SOCKETS = 3 * SHARE.all;

/**
 * Who makes room first: who is late, then who has had an answer and keeps the connection (a browser opens another without a word), then who has
 * just come. Otherwise a crowd that asks for nothing now and then would put out every phone in its handshake.
 */
const STAGE = { late: 0, idle: 1, silent: 2, asking: 3, waiting: 4 } as const;
/** Who has brought no whole request by then is late, whether silent or dripping. */
const PATIENCE_MILLIS = 3_000;

interface Held {
  readonly socket: Socket;
  readonly address: string;
  readonly network: string;
  /** Among those of one address: whom a proxy speaks for. */
  client: string;
  /** Of a proxy that says first whom it speaks for. */
  readonly isAnnounced: boolean;
  readonly since: number;
  /** To the request that is under way. */
  response: ServerResponse | undefined;
  hasAsked: boolean;
}

export interface ConnectionLimit {
  /** A proxy has said whom it speaks for on a connection. Answers whether there is room for one more of that client. */
  isOf(socket: Socket, client: string): boolean;
}

/**
 * Before TLS: a peer that is not on the LAN gets no handshake, and no peer gets more than its share of connections. Where there is no room for
 * one more, somebody of those who share that room goes, and of them somebody who holds more than the newcomer, if there is one: first who is late
 * with a request, then who is between two, then who has said nothing, then whose request is not here whole; of these, one of whoever holds most; of
 * these, the oldest. Ten thousand connections that say nothing keep no phone out, nor does a phone with several put out its own.
 */
export function limitConnections(
  listener: Listener,
  /** `announces`: proxies begin each connection by saying whom it is of. */
  guard: Pick<Guard, "mayConnect" | "isProxy"> & { readonly announces?: boolean },
  refusals: Refusals,
  /** Who answers what comes over those connections: the listener itself, or whom it hands them on to. */
  servers: readonly Server[],
): ConnectionLimit {
  const held = new Map<string, Held>();
  const addresses = createCounter();
  const clients = createCounter();
  const networks = createCounter();

  listener.prependListener("connection", (socket: Socket) => {
    const peer = socket.remoteAddress ?? "";
    if (!guard.mayConnect(peer)) {
      refusals.add("NOT_ON_LAN", peer);
      socket.destroy();
      return;
    }
    const key = keyOf(socket);
    const isProxy = guard.isProxy(peer);
    const newcomer: Held = {
      socket,
      address: normalAddress(peer),
      network: networkOf(peer),
      // Until the proxy has said whose it is, it is like nobody else's.
      client: key,
      isAnnounced: isProxy && guard.announces === true,
      since: performance.now(),
      response: undefined,
      hasAsked: false,
    };
    if (!makeRoomFor(newcomer, isProxy)) {
      refusals.add("TOO_MANY_REQUESTS", newcomer.address);
      socket.destroy();
      return;
    }
    held.set(key, newcomer);
    addresses.add(newcomer.address, 1);
    clients.add(newcomer.client, 1);
    networks.add(newcomer.network, 1);
    socket.once("close", () => forget(key, newcomer));
  });

  // Beyond Node's own bound, which is there for the moment in which what we close is not gone yet.
  listener.on("drop", (dropped) => refusals.add("TOO_MANY_REQUESTS", dropped?.remoteAddress ?? ""));

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const asking = held.get(keyOf(request.socket));
    if (asking === undefined) return;
    // No browser sends a second request before it has the first one's answer; who smuggles one does.
    if (asking.response?.writableEnded === false) {
      refusals.add("FIELD_INVALID", asking.address);
      request.socket.destroy();
      return;
    }
    asking.response = response;
    asking.hasAsked = true;
    response.once("close", () => {
      if (asking.response === response) asking.response = undefined;
    });
  };
  for (const server of servers) server.prependListener("request", onRequest);

  function makeRoomFor({ address, network }: Held, isProxy: boolean): boolean {
    const rivals = rivalsOf(address, network, isProxy);
    if (rivals === undefined) return true;
    let leaving: [string, Held] | undefined;
    const larger = rivals.filter(([, one]) => addresses.of(one.address) > addresses.of(address) && stageOf(one) < STAGE.waiting);
    for (const [key, one] of larger.length > 0 ? larger : rivals)
      if (leaving === undefined || goesBefore(one, leaving[1])) leaving = [key, one];
    if (leaving === undefined || stageOf(leaving[1]) === STAGE.waiting) return false;
    refusals.add("TOO_MANY_REQUESTS", leaving[1].address);
    forget(...leaving);
    leaving[1].socket.destroy();
    return true;
  }

  /** Those of whom one must go before there is room; undefined when there is. In the order of their coming. */
  function rivalsOf(address: string, network: string, isProxy: boolean): [string, Held][] | undefined {
    if (addresses.of(address) >= (isProxy ? SHARE.network : SHARE.address)) return [...held].filter(([, one]) => one.address === address);
    if (networks.of(network) >= SHARE.network) return [...held].filter(([, one]) => one.network === network);
    return held.size >= SHARE.all ? [...held] : undefined;
  }

  function goesBefore(one: Held, other: Held): boolean {
    const order =
      stageOf(one) - stageOf(other) ||
      addresses.of(other.address) - addresses.of(one.address) ||
      clients.of(other.client) - clients.of(one.client) ||
      networks.of(other.network) - networks.of(one.network);
    return order < 0;
  }

  function forget(key: string, one: Held): void {
    if (held.get(key) !== one) return;
    held.delete(key);
    addresses.add(one.address, -1);
    clients.add(one.client, -1);
    networks.add(one.network, -1);
  }

  function isOf(socket: Socket, client: string): boolean {
    const one = held.get(keyOf(socket));
    if (one === undefined) return false;
    clients.add(one.client, -1);
    one.client = `${networkOf(client)} by ${one.address}`;
    clients.add(one.client, 1);
    return clients.of(one.client) <= SHARE.client;
  }

  return { isOf };
}

/** A connection is known by its peer's address and port: TLS wraps the socket into another, and both have these. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function stageOf({ socket, isAnnounced, since, response, hasAsked }: Held): number {
  if (response?.req.complete) return STAGE.waiting;
  if (response === undefined && hasAsked) return STAGE.idle;
  if (performance.now() - since > PATIENCE_MILLIS) return STAGE.late;
  // What a proxy says first says nothing of whom it speaks for.
  return socket.bytesRead === 0 && !isAnnounced ? STAGE.silent : STAGE.asking;
}

/** How many there are of each name. */
function createCounter() {
  const counts = new Map<string, number>();
  return {
    of: (name: string) => counts.get(name) ?? 0,
    add(name: string, amount: number) {
      const count = (counts.get(name) ?? 0) + amount;
      if (count === 0) counts.delete(name);
      else counts.set(name, count);
    },
  };
}
