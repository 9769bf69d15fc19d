import { LatchkeyError } from "../error.js";
import type { Der } from "../types.js";

const LINE_LENGTH = 64;
const BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n([A-Za-z0-9+/=\s]*?)\r?\n?-----END ([A-Z0-9 ]+)-----[ \t]*$/gm;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** PEM (RFC 7468): the strict form, lines of 64. */
export function encodePem(label: string, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.byteLength).toString("base64");
  let lines = "";
  for (let at = 0; at < base64.length; at += LINE_LENGTH) lines += `${base64.slice(at, at + LINE_LENGTH)}\n`;
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}

/**
 * Every block of a PEM text (RFC 7468), in order; at least one. Text between the blocks is passed over, as OpenSSL
 * writes it there, but a block with another label, a broken one, or base64 with anything odd in it is refused:
 * what one program skips and another reads is how two of them come to see two different files.
 * Throws FIELD_INVALID.
 */
export function decodePem(label: string | readonly string[], text: string): Der[] {
  const labels = typeof label === "string" ? [label] : label;
  const blocks: Der[] = [];
  const rest = text.replace(BLOCK, (_whole, begin: string, body: string, end: string) => {
    if (begin !== end) throw malformed(`a block begins as ${begin} and ends as ${end}`);
    if (!labels.includes(begin)) throw malformed(`a block is labelled ${begin}, expected ${labels.join(" or ")}`);
    blocks.push(decodeBase64(body));
    return "";
  });
  if (/-----(BEGIN|END)/.test(rest)) throw malformed("a block is broken or incomplete");
  if (blocks.length === 0) throw malformed(`no block -----BEGIN ${labels[0]}----- in it`);
  return blocks;
}

function decodeBase64(body: string): Der {
  const base64 = body.replace(/\s/g, "");
  if (base64 === "" || !BASE64.test(base64)) throw malformed("a block is not in base64");
  const octets = Buffer.from(base64, "base64");
  // Bits that base64 leaves unused must be zero: one file has one encoding.
  if (octets.toString("base64") !== base64) throw malformed("a block is not in canonical base64");
  return new Uint8Array(octets) as Der;
}

function malformed(what: string): LatchkeyError {
  return new LatchkeyError("FIELD_INVALID", `This is not the PEM that was expected: ${what}.`);
}
