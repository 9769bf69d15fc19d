import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { BlockList, isIPv6 } from "node:net";
import { WebSocketServer } from "ws";
import { parse } from "yaml";

// Stands in Home Assistant's place, on its port, and behaves as it does towards proxies: with `X-Forwarded-For` from one that its configuration does not
// trust, or that it was not told to expect, the answer is 400. Else it tells what it has heard.
const [file = ""] = process.argv.slice(2);
const { http } = parse(readFileSync(file, "utf8")) as { http?: { use_x_forwarded_for?: boolean; trusted_proxies?: string[] } };
const trusted = new BlockList();
for (const proxy of http?.trusted_proxies ?? []) {
  const [address = "", bits] = proxy.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (bits === undefined) trusted.addAddress(address, family);
  else trusted.addSubnet(address, Number(bits), family);
}

function isRefused({ headers, socket }: IncomingMessage): boolean {
  if (headers["x-forwarded-for"] === undefined) return false;
  const peer = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  return http?.use_x_forwarded_for !== true || !trusted.check(peer, isIPv6(peer) ? "ipv6" : "ipv4");
}

const server = createServer((request, response) => {
  if (isRefused(request)) {
    response.writeHead(400).end("400: Bad Request");
    return;
  }
  const { "x-device-name": device, "x-forwarded-for": forwardedFor, host } = request.headers;
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ home: true, device, forwardedFor, host }));
});
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  if (isRefused(request)) return void socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  sockets.handleUpgrade(request, socket, head, (open) => open.send(JSON.stringify({ type: "auth_required" })));
});
server.listen(8123, "::", () => process.stdout.write("listening\n"));
