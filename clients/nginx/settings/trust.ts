import { X509Certificate } from "node:crypto";

/**
 * Does a file that nginx takes clients' CAs from hold the devices CA? `unreadable`: nobody knows. A file that is not in the map
 * was not looked at.
 */
export type TrustFiles = ReadonlyMap<string, "devices" | "others" | "unreadable">;

/** A file's text; undefined when it is not there or may not be read. */
export type ReadText = (file: string) => Promise<string | undefined>;

/** Looks into each of these files for the devices CA (`ours`). */
export async function readTrustFiles(files: readonly string[], ours: string, read: ReadText): Promise<TrustFiles> {
  const key = publicKeyOf(await read(ours));
  const looked = [...new Set(files)].map(async (file) => [file, await look(file, key, read)] as const);
  return new Map(await Promise.all(looked));
}

async function look(file: string, key: Buffer | undefined, read: ReadText): Promise<"devices" | "others" | "unreadable"> {
  const text = await read(file);
  if (text === undefined || key === undefined) return "unreadable";
  return blocksOf(text).some((der) => der.includes(key)) ? "devices" : "others";
}

function publicKeyOf(pem: string | undefined): Buffer | undefined {
  return pem === undefined ? undefined : new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
}

/**
 * Whatever OpenSSL may take for a certificate: any PEM block, whatever its label (`TRUSTED CERTIFICATE`, `X509 CERTIFICATE`). The CA is
 * known by its key: a certificate that it has renewed verifies the same devices.
 */
function blocksOf(text: string): Buffer[] {
  return [...text.matchAll(/-----BEGIN [^-]+-----(.*?)-----END /gs)].map(([, body = ""]) => Buffer.from(body, "base64"));
}
