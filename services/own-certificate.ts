import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";

/** A certificate of the user's own for the enrolment page (`enrollment.tls`): the paths of its PEM files. */
export interface OwnCertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Says why it can't be used. */
export class OwnCertificateError extends Error {
  override readonly name = "OwnCertificateError";
  readonly code = "SETTINGS_INVALID";
}

const LARGEST_PEM_OCTETS = 1024 * 1024;
/** A certificate for 90 days has been renewed long before, where that goes by itself. */
const WARN_DAYS = 14;
const DAY_MILLIS = 24 * 3600_000;

/** Reads it, as PEM. Throws OwnCertificateError where a file can't be read, or the key belongs to another certificate. */
export async function readOwnCertificate(files: OwnCertificateFiles): Promise<{ readonly certificate: string; readonly key: string }> {
  const certificate = await readPem(files.certificate, "certificate");
  const key = await readPem(files.key, "key");
  const belongs = parsed(files.certificate, "certificate", () => new X509Certificate(certificate)).checkPrivateKey(
    parsed(files.key, "key without a passphrase", () => createPrivateKey(key)),
  );
  if (belongs) return { certificate, key };
  throw new OwnCertificateError(
    `The key in ${files.key} does not belong to the certificate in ${files.certificate} (enrollment.tls): put the two there that were made together.`,
  );
}

/** What the owner must be told of its end, from two weeks before. */
export function endingOf({ certificate: path }: OwnCertificateFiles, certificate: string, at: Date): string | undefined {
  const end = new Date(new X509Certificate(certificate).validTo);
  if (end.getTime() - at.getTime() > WARN_DAYS * DAY_MILLIS) return undefined;
  const when =
    at < end ? `ends on ${dayOf(end)}: from then on phones refuse the page` : `has ended on ${dayOf(end)}: phones refuse the page`;
  return `The enrolment page's certificate in ${path} (enrollment.tls) ${when}. Renew it, and put certificate and key in the place of the old files: they are taken within seconds, without a restart.`;
}

async function readPem(path: string, kind: "certificate" | "key"): Promise<string> {
  try {
    const content = await readFile(path);
    if (content.length <= LARGEST_PEM_OCTETS) return content.toString("utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const why = code === "ENOENT" || code === "ENOTDIR" ? "it is not there" : code === "EACCES" ? "this user may not read it" : code;
    throw new OwnCertificateError(`The ${kind} in ${path} (enrollment.tls.${kind}) can't be read: ${why}.`, { cause });
  }
  throw new OwnCertificateError(`${path} (enrollment.tls.${kind}) has more than ${LARGEST_PEM_OCTETS} octets: is it the right file?`);
}

function parsed<T>(path: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new OwnCertificateError(`${path} (enrollment.tls) holds no PEM ${what}.`, { cause });
  }
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
