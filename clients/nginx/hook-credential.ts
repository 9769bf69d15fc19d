import { X509Certificate } from "node:crypto";
import { type Credential, readCredential } from "../connect/credential.js";

/** A credential that a hook can't work with. The message says which, and how to get another. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
}

const ROLE = /\bURI:urn:latchkey:role:([a-z]+)/;
/** A hook's is waited for at each revocation, until it reports; one that can't is a viewer. */
export type HookRole = "nginx" | "viewer";

/** Reads the credential folder of a hook, or of who follows the CRL alone. Throws CredentialError. */
export async function readHookCredential(folder: string, needed: HookRole): Promise<Credential> {
  const remedy = `Make one where the CA runs (\`latchkey operator add front-door --role ${needed}${needed === "nginx" ? " --server-name HOST" : ""} --out FOLDER\`), and bring the folder here.`;
  const credential = await readCredential(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new CredentialError(describe(folder, cause, remedy), { cause });
  });
  const role = roleOf(credential.certificate);
  if (role === needed) return credential;
  throw new CredentialError(
    `The credential in ${folder} is that of an operator of the role \`${role}\`; this needs \`${needed}\`. ${remedy}`,
  );
}

function describe(folder: string, { code, message }: NodeJS.ErrnoException, remedy: string): string {
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return `There is no credential in ${folder}, or a part of it is missing. ${remedy}`;
    case "EACCES":
    case "EPERM":
      return `The credential in ${folder} may not be read by this user: run the hook as the folder's owner.`;
    default:
      return `The credential in ${folder} can't be read: ${message} ${remedy}`;
  }
}

function roleOf(certificate: string): string {
  try {
    return ROLE.exec(new X509Certificate(certificate).subjectAltName ?? "")?.[1] ?? "none";
  } catch {
    return "none";
  }
}
