import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HostError } from "./host-error.js";
import { renderMetrics } from "./metrics.js";
import type { Standing } from "./standing.js";

export interface Monitor {
  readonly port: number;
  close(): void;
}

const LONGEST_MILLIS = 5_000;
const MOST_CONNECTIONS = 32;

/**
 * The hook's own port: `/metrics` for Prometheus, `/status` as JSON, `/healthz` (200, or 503 with the reason). It tells how the hook stands, and takes
 * nothing. Throws HostError when the address can't be had.
 */
export async function openMonitor(address: { readonly host: string; readonly port: number }, standing: () => Standing): Promise<Monitor> {
  const server = createServer({ requestTimeout: LONGEST_MILLIS, connectionsCheckingInterval: LONGEST_MILLIS }, (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return answer(response, 405, "text/plain", "GET alone.\n");
    switch (request.url) {
      case "/metrics":
        return answer(response, 200, "text/plain; version=0.0.4", renderMetrics(standing()));
      case "/status":
        return answer(response, 200, "application/json", `${JSON.stringify(standing(), null, 2)}\n`);
      case "/healthz": {
        const now = standing();
        return answer(response, now.isWell ? 200 : 503, "text/plain", `${whyOf(now)}\n`);
      }
      default:
        return answer(response, 404, "text/plain", "Here are /metrics, /status and /healthz.\n");
    }
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new HostError(`--monitor can't listen on ${address.host}:${address.port}: ${error.message}. Choose another address.`)),
    );
    server.listen(address.port, address.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    "Content-Type": `${type}; charset=utf-8`,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}

function whyOf({ isWell, crl, enforcedCrlNumber, problem, warnings }: Standing): string {
  if (isWell) return `nginx enforces CRL ${enforcedCrlNumber}`;
  const reasons = [...(problem === undefined ? [] : [problem]), ...warnings].map(({ code, message }) => `${code}: ${message}`);
  if (crl === undefined) reasons.push("No CRL has come yet.");
  return reasons.length === 0 ? "nginx has not proved yet that it enforces the CRL." : reasons.join("\n");
}
