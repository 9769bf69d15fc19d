import { createPrivateKey, sign } from "node:crypto";
import { request as httpsRequest } from "node:https";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import type { Answer } from "./enrollment.js";
import { createTestRequest, type TestRequest } from "./request.js";

/** A device's certificate and key, PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** The devices' port as a device sees it. */
export interface DevicesPort {
  readonly port: number;
  /** The `servers` root. */
  readonly root: string;
  /** A connection that is already there, e.g. one that begins with the PROXY protocol. */
  readonly socket?: Duplex;
}

/** One request to the devices' port, with a certificate or without. Rejects when there is no handshake. */
export function askDevices(
  { port, root, socket }: DevicesPort,
  identity: Identity | undefined,
  path: string,
  asking: { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string } = {},
): Promise<Answer> {
  const own = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        method: asking.method ?? "GET",
        path,
        headers: { Host: `localhost:${port}`, Accept: "application/json", ...asking.headers },
        createConnection: () =>
          tlsConnect({ ...(socket === undefined ? { host: "127.0.0.1", port } : { socket }), servername: "localhost", ca: root, ...own }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const body = Buffer.concat(chunks);
          const text = body.toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text, json: <T>() => JSON.parse(text) as T });
        });
      },
    );
    request.on("error", reject);
    request.end(asking.body);
  });
}

/** What a device sends to renew: the old key signs for the new one. Written from the description, not with the code under test. */
export async function renewalOf(
  old: { readonly key: string; readonly serialNumber: string },
  revokeOld = false,
): Promise<TestRequest & { json: string }> {
  const next = await createTestRequest();
  const words = `latchkey renewal v1\0${old.serialNumber}\0${revokeOld ? "revoke" : "keep"}\0`;
  const message = Buffer.concat([Buffer.from(words), next.publicKey]);
  const signature = sign("sha256", message, createPrivateKey(old.key)).toString("base64");
  return {
    ...next,
    json: JSON.stringify({ csr: Buffer.from(next.csr).toString("base64"), signature, ...(revokeOld ? { revokeOld } : {}) }),
  };
}

export const JSON_TYPE = { "Content-Type": "application/json" };
