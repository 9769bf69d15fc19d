import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { run } from "../interop/program.js";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody's own web server that takes webhooks. */
export interface WebhookReceiver {
  readonly origin: string;
  readonly received: Received[];
  /** What it answers from now on; 204 at first. `undefined`: nothing at all. */
  answer: number | undefined;
  /** The headers of its answers. */
  headers: Record<string, string>;
  /** Called with each request, before it is answered. */
  onRequest: () => void | Promise<void>;
  /** Its port refuses connections until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
}

export async function startWebhookReceiver(tls?: { readonly cert: string; readonly key: string }): Promise<WebhookReceiver> {
  const receiver = {
    received: [] as Received[],
    answer: 204 as number | undefined,
    headers: {} as Record<string, string>,
    onRequest: (() => {}) as () => void | Promise<void>,
  };
  const listener: RequestListener = async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    receiver.received.push({ path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
    await receiver.onRequest();
    if (receiver.answer === undefined) return;
    response.writeHead(receiver.answer, receiver.headers).end(`said with status ${receiver.answer}`);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return Object.assign(receiver, {
    origin: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    up: () => listen(port),
    async down() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  });
}

/** Is a request signed by this secret? Python's standard library says so, after the text of Standard Webhooks 1.0. */
export function isSignedBy(secret: string, { headers, body }: Received): boolean {
  const script = `
import base64, hashlib, hmac, json, sys
given = json.load(sys.stdin)
key = base64.b64decode(given["secret"][len("whsec_"):])
content = ".".join([given["id"], given["timestamp"], given["body"]]).encode()
wanted = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
version, _, signature = given["signature"].partition(",")
print(version == "v1" and hmac.compare_digest(wanted, signature))`;
  const header = (name: string) => String(headers[name]);
  const given = { secret, body, id: header("webhook-id"), timestamp: header("webhook-timestamp"), signature: header("webhook-signature") };
  return run("python3", ["-c", script], JSON.stringify(given)).text.trim() === "True";
}
