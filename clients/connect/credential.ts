import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { nothingThere } from "./nothing-there.js";

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

/** Reads a credential folder. Throws an Error with a sentence when a file is missing, or key and certificate don't fit. */
export async function readCredential(folder: string): Promise<Credential> {
  const { address, serverNames } = JSON.parse(await readFile(join(folder, "credential.json"), "utf8")) as {
    address: string;
    serverNames?: string[];
  };
  const files = { ca: await readFile(join(folder, "ca.pem"), "utf8"), ...(await readPair(folder)) };
  return { folder, address, ...files, ...(serverNames === undefined ? {} : { serverNames }) };
}

/**
 * Key and certificate are two files: another process may be between the two, or have been killed there. Then the
 * certificate that fits waits beside its place, or, a moment later, is in it.
 */
async function readPair(folder: string): Promise<Pick<Credential, "certificate" | "key">> {
  for (const name of ["operator.crt", beside("operator.crt"), "operator.crt"]) {
    const certificate = await readFile(join(folder, name), "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" && name !== "operator.crt") return undefined;
      throw error;
    });
    const key = await readFile(join(folder, "operator.key"), "utf8");
    if (certificate !== undefined && fits(certificate, key)) return { certificate, key };
  }
  throw new Error(`operator.key is not the key of operator.crt in ${folder}, or one is damaged: put both back, or make a new credential.`);
}

function fits(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/**
 * Writes a credential folder: every file beside its place, fsync'd, before the first of them is renamed; the key before the
 * certificate that needs it. A disk that is full, or a SIGKILL at any moment, leaves a pair that fits.
 */
export async function writeCredential(credential: Credential): Promise<void> {
  const { folder, address, serverNames } = credential;
  const files = {
    "operator.key": credential.key,
    "operator.crt": credential.certificate,
    "ca.pem": credential.ca,
    "credential.json": `${JSON.stringify({ address, serverNames })}\n`,
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(files)) await writeDurably(join(folder, beside(name)), content);
  for (const name of Object.keys(files)) await rename(join(folder, beside(name)), join(folder, name));
}

function beside(name: string): string {
  return `.${name}.new`;
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Beside the credential of an enrolment service that runs beside its CA, what the CA keeps for it: certificate, chain and key in one
 * file (PEM), of its listener and of what signs its profiles.
 */
export const SERVER_FILE = "server.pem";
export const PROFILE_SIGNER_FILE = "profile-signer.pem";

/** Undefined where there is none. Throws what the system says of one that can't be read. */
export async function readKeptFile(folder: string, name: typeof SERVER_FILE | typeof PROFILE_SIGNER_FILE): Promise<string | undefined> {
  return await readFile(join(folder, name), "utf8").catch(nothingThere);
}

const RENEWAL_PART = 2 / 3;

/**
 * Is two thirds (or `part`) of the certificate's life over, or has it not begun (it was made while a clock was ahead)? Then its holder
 * renews it.
 */
export function isDueForRenewal(certificatePem: string, at: Date, part = RENEWAL_PART): boolean {
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  const from = Date.parse(validFrom);
  return at.getTime() < from || at.getTime() > from + (Date.parse(validTo) - from) * part;
}
