import type { Directive } from "./directive.js";
import { fullName, isSameFile } from "./file-name.js";
import type { Server } from "./server.js";
import type { TrustFiles } from "./trust.js";

/** What the hook knows of where it is. */
export interface Place {
  /** The hook's folder, absolute, as the configuration names it. */
  readonly dir: string;
  /** What nginx takes relative names from, with its slash. */
  readonly prefix: string;
  /** What the files hold that clients' CAs are taken from. */
  readonly trust: TrustFiles;
  /** The hook has put the CRL's list in its place. */
  readonly kept: boolean;
}

/** The file that a directive names, as nginx makes the name whole. `""` names none: it takes back what would be inherited. */
export function fileOf(directive: Directive | undefined, prefix: string): string | undefined {
  const [name = ""] = directive?.args ?? [];
  return name === "" ? undefined : fullName(name, prefix);
}

/** Is it this file of the hook's? */
export function isOurs(file: string | undefined, name: "devices-ca.pem" | "devices-crl.pem", { dir }: Pick<Place, "dir">): boolean {
  return file !== undefined && isSameFile(file, `${dir}/${name}`);
}

/** The files that this server takes clients' CAs from. */
export function trustFilesOf(server: Server, prefix: string): string[] {
  return TRUST.map((name) => fileOf(server.setting(name), prefix)).filter((file) => file !== undefined);
}

const TRUST = ["ssl_client_certificate", "ssl_trusted_certificate"];
