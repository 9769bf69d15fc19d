import type { IncomingMessage, ServerResponse } from "node:http";
import { BlockList, isIPv6 } from "node:net";

/** What the port shows of the CA's metrics, and to whom. */
export interface MetricsPage {
  /** Networks in CIDR notation, or single addresses. */
  readonly readers: readonly string[];
  render(accept: string): Promise<{ readonly contentType: string; readonly body: string }>;
  ocspAnswered(status: string, seconds: number): void;
}

/** Who forwards for somebody else says so in one of these: whoever that is, no network vouches for it. */
const FORWARDING_HEADERS = ["x-forwarded-for", "forwarded", "x-real-ip", "via", "x-forwarded-host"];

/** Says of a request whether it comes from one of the networks itself, and not through a proxy. */
export function createReaderCheck(readers: readonly string[]): (request: IncomingMessage) => boolean {
  const networks = new BlockList();
  for (const reader of readers) {
    const [address = "", bits] = reader.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    networks.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  }
  return ({ headers, socket }) => {
    const [peer = ""] = (socket.remoteAddress ?? "").split("%");
    if (peer === "" || FORWARDING_HEADERS.some((name) => headers[name] !== undefined)) return false;
    return networks.check(peer, isIPv6(peer) ? "ipv6" : "ipv4");
  };
}

export async function answerMetrics(page: MetricsPage, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { contentType, body } = await page.render(request.headers.accept ?? "");
  response
    .writeHead(200, {
      "Content-Type": contentType,
      "Content-Length": Buffer.byteLength(body),
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
      Vary: "Accept",
    })
    .end(request.method === "HEAD" ? undefined : body);
}
