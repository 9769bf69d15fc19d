import { X509Certificate } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/**
 * An operator's credential: a folder (0700) with `ca.pem` (the `operators` authority), `operator.crt` (the certificate),
 * `operator.key` (PKCS#8, 0600) and `credential.json` (`{"address":"host:port","serverNames"?:[…]}`, where the CA is).
 */
export interface Credential {
  readonly folder: string;
  /** `host:port` of the CA's gRPC listener. */
  readonly address: string;
  /** PEM. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** The names that it may ask `server` certificates for (roles `nginx` and `enrollment`). */
  readonly serverNames?: readonly string[];
}

/** Reads a credential folder. Throws an Error with a sentence when a file is missing. */
export async function readCredential(folder: string): Promise<Credential> {
  const text = async (name: string) => await readFile(join(folder, name), "utf8");
  const { address, serverNames } = JSON.parse(await text("credential.json")) as { address: string; serverNames?: string[] };
  const files = { ca: await text("ca.pem"), certificate: await text("operator.crt"), key: await text("operator.key") };
  return { folder, address, ...files, ...(serverNames === undefined ? {} : { serverNames }) };
}

/** Writes a credential folder: each file beside its place, fsync'd, then renamed; the key before the certificate that needs it. */
export async function writeCredential(credential: Credential): Promise<void> {
  await mkdir(credential.folder, { recursive: true, mode: 0o700 });
  await replace(credential.folder, "operator.key", credential.key);
  await replace(credential.folder, "operator.crt", credential.certificate);
  await replace(credential.folder, "ca.pem", credential.ca);
  await replace(
    credential.folder,
    "credential.json",
    `${JSON.stringify({ address: credential.address, serverNames: credential.serverNames })}\n`,
  );
}

async function replace(folder: string, name: string, content: string): Promise<void> {
  const beside = join(folder, `.${name}.new`);
  const file = await open(beside, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, join(folder, name));
}

/** Is two thirds of the certificate's life over? Then its holder renews it. */
export function isDueForRenewal(certificatePem: string, at: Date): boolean {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const from = Date.parse(validFrom);
  return at.getTime() > from + ((Date.parse(validTo) - from) * 2) / 3;
}
