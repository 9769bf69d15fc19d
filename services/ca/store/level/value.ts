import { LatchkeyError } from "../../authority/error.js";
import { fromJson, toJson } from "./json.js";

/** A value that is a piece of text. */
export function text(content: string): Uint8Array {
  return Buffer.from(content);
}

export function readText(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
}

/** A value that is a document. */
export function json(value: unknown): Uint8Array {
  return Buffer.from(toJson(value));
}

export function readJson<T>(value: Uint8Array): T {
  return fromJson<T>(readText(value));
}

/**
 * A value in the database: the length of a header (4 octets, big-endian), the header as JSON, then octets as they are
 * (a certificate, a CRL), so that DER is never blown up to base64.
 */
export function frame(header: unknown, octets: Uint8Array = new Uint8Array()): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const value = Buffer.allocUnsafe(4 + json.length + octets.length);
  value.writeUInt32BE(json.length, 0);
  value.set(json, 4);
  value.set(octets, 4 + json.length);
  return value;
}

/** Throws STORE_CORRUPT. */
export function unframe<Header>(value: Uint8Array): { header: Header; octets: Uint8Array } {
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  try {
    const length = buffer.readUInt32BE(0);
    if (4 + length > buffer.length) throw new RangeError("the header is longer than the value");
    return { header: JSON.parse(buffer.toString("utf8", 4, 4 + length)) as Header, octets: buffer.subarray(4 + length) };
  } catch (error) {
    throw new LatchkeyError(
      "STORE_CORRUPT",
      "A record in the store can't be read. Stop the CA and restore a backup into a new data folder.",
      { cause: error },
    );
  }
}
