import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OwnCertificateFiles } from "../../services/own-certificate.js";

/** A certificate and its key, as a user lays them down for `enrollment.tls`. */
export async function inFiles(folder: string, { certificate, key }: { certificate: string; key: string }): Promise<OwnCertificateFiles> {
  const files = { certificate: join(folder, "own.crt"), key: join(folder, "own.key") };
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key);
  return files;
}
