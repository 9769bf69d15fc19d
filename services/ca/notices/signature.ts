import { createHmac } from "node:crypto";
import { NoticeProblem } from "./problem.js";

const PREFIX = "whsec_";
const FEWEST_OCTETS = 24;
const MOST_OCTETS = 64;

/** Reads a secret of Standard Webhooks 1.0: `whsec_` and base64 of 24 to 64 random octets. Throws NoticeProblem. */
export function parseSecret(text: string): Buffer {
  const line = text.trim();
  const encoded = line.slice(PREFIX.length);
  const secret = Buffer.from(encoded, "base64");
  const isWhole = secret.toString("base64").replaceAll("=", "") === encoded.replaceAll("=", "");
  if (!line.startsWith(PREFIX) || !isWhole || secret.length < FEWEST_OCTETS || secret.length > MOST_OCTETS) {
    throw new NoticeProblem("the webhook's secret is none: it is whsec_ and the base64 of 24 to 64 random octets");
  }
  return secret;
}

/** The header `webhook-signature` (Standard Webhooks 1.0): HMAC-SHA-256 over `id.timestamp.body`. */
export function sign(secret: Buffer, id: string, timestampSeconds: number, body: string): string {
  return `v1,${createHmac("sha256", secret).update(`${id}.${timestampSeconds}.${body}`).digest("base64")}`;
}
