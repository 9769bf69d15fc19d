import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Settings } from "../../config.js";
import type { Channel } from "./channel.js";
import type { Message } from "./message.js";
import { NoticeProblem, problemOf } from "./problem.js";
import { readCas, readSetting } from "./setting-file.js";
import { parseSecret, sign } from "./signature.js";
import { withTimeLimit } from "./time-limit.js";

type WebhookSettings = NonNullable<Settings["notices"]["webhook"]>;

const LONGEST_MILLIS = 10_000;
/** Nothing in an answer is of interest but its status. */
const LARGEST_ANSWER_OCTETS = 16 * 1024;

/** POSTs messages, signed as Standard Webhooks 1.0 says. Follows no redirect: who may be told is what the settings say. */
export function createWebhookChannel(settings: WebhookSettings): Channel {
  const url = new URL(settings.url);
  const readSecret = async () => parseSecret(await readSetting(settings.secretFile, "The webhook's secret"));
  return {
    name: "webhook",
    receiver: url.host,

    async send(message, signal) {
      const secret = await readSecret();
      const body = JSON.stringify({ type: message.type, timestamp: message.time.toISOString(), data: message.data });
      const status = await post(url, headersOf(message, body, secret), body, await readCas(settings.caFile), signal);
      if (status >= 200 && status < 300) return `HTTP ${status}`;
      const redirect = status >= 300 && status < 400 ? ", which leads elsewhere: name that address in the settings" : "";
      throw new NoticeProblem(`it answered HTTP ${status}${redirect}`);
    },

    async check() {
      await readSecret();
      await readCas(settings.caFile);
    },
  };
}

function headersOf(message: Message, body: string, secret: Buffer): Record<string, string> {
  // Of this try, not of the message: receivers refuse what is old. By the host's own clock.
  const timestampSeconds = Math.floor(Date.now() / 1000);
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "latchkey",
    "webhook-id": message.id,
    "webhook-timestamp": String(timestampSeconds),
    "webhook-signature": sign(secret, message.id, timestampSeconds, body),
  };
}

/** Answers the status. Throws NoticeProblem when none comes in time. */
async function post(url: URL, headers: Record<string, string>, body: string, tls: { ca?: string[] }, signal: AbortSignal): Promise<number> {
  const ask = (limit: AbortSignal) =>
    new Promise<number>((resolve, reject) => {
      const options = { method: "POST", headers, agent: false, signal: limit, ...tls } as const;
      const request = url.protocol === "https:" ? requestHttps(url, options) : requestHttp(url, options);
      request.on("error", reject);
      request.on("response", (response) => {
        resolve(response.statusCode ?? 0);
        discard(response);
      });
      // Of an answer that is none (101), Node tells nothing else.
      request.on("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
      request.end(body);
    });
  try {
    return await withTimeLimit(LONGEST_MILLIS, signal, ask);
  } catch (error) {
    throw problemOf(error);
  }
}

/** Lets the receiver finish what it says, within limits. */
function discard(response: IncomingMessage): void {
  let octets = 0;
  response.on("data", (chunk: Buffer) => {
    octets += chunk.length;
    if (octets > LARGEST_ANSWER_OCTETS) response.destroy();
  });
  response.on("error", () => {});
}
