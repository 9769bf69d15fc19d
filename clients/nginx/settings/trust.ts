import { X509Certificate } from "node:crypto";

/**
 * Does a file that nginx takes clients' CAs from hold the devices CA? `unreadable`: nobody knows. A file that is not in the map
 * was not looked at.
 */
export type TrustFiles = ReadonlyMap<string, "devices" | "others" | "unreadable">;

/** A file's text; undefined when it is not there or may not be read. */
export type ReadText = (file: string) => Promise<string | undefined>;

/** Looks into each of these files for the devices CA, or an adopted one (`ours` has them). */
export async function readTrustFiles(files: readonly string[], ours: string, read: ReadText): Promise<TrustFiles> {
  const keys = publicKeysOf(await read(ours));
  const looked = [...new Set(files)].map(async (file) => [file, await look(file, keys, read)] as const);
  return new Map(await Promise.all(looked));
}

async function look(file: string, keys: readonly Buffer[], read: ReadText): Promise<"devices" | "others" | "unreadable"> {
  const text = await read(file);
  if (text === undefined || keys.length === 0) return "unreadable";
  return blocksOf(text).some((der) => keys.some((key) => der.includes(key))) ? "devices" : "others";
}

function publicKeysOf(pem: string | undefined): Buffer[] {
  return blocksOf(pem ?? "").map((der) => new X509Certificate(der).publicKey.export({ type: "spki", format: "der" }));
}

/**
 * Whatever OpenSSL may take for a certificate: any PEM block, whatever its label (`TRUSTED CERTIFICATE`, `X509 CERTIFICATE`). The CA is
 * known by its key: a certificate that it has renewed verifies the same devices.
 */
function blocksOf(text: string): Buffer[] {
  return [...text.matchAll(/-----BEGIN [^-]+-----(.*?)-----END /gs)].map(([, body = ""]) => Buffer.from(body, "base64"));
}
