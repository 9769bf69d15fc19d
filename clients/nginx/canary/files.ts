import { access, chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Identity } from "./ask.js";

/** The good one, and the one that is revoked, or is about to be. */
export type CanaryName = "good" | "revoked";

/**
 * Where the canaries lie: `canary/` in the hook's folder, for its own user alone. Each is one file, certificate and key together, and whole
 * or not there. nginx reads none of it.
 */
export interface CanaryFiles {
  /** Undefined when it is not there, or damaged. */
  read(name: CanaryName): Promise<Identity | undefined>;
  /** Is there a file, whatever is in it? */
  has(name: CanaryName): Promise<boolean>;
  write(name: CanaryName, identity: Identity): Promise<void>;
  remove(name: CanaryName): Promise<void>;
}

export function canaryFiles(dir: string): CanaryFiles {
  const folder = join(dir, "canary");
  const place = (name: CanaryName) => join(folder, `${name}.pem`);
  return {
    async read(name) {
      const text = await readFile(place(name), "utf8").catch(() => "");
      const [certificate = "", key = ""] = text.split(/(?=-----BEGIN PRIVATE KEY-----)/);
      return certificate.includes("-----BEGIN CERTIFICATE-----") && key.includes("-----END PRIVATE KEY-----")
        ? { certificate, key }
        : undefined;
    },
    has: (name) =>
      access(place(name)).then(
        () => true,
        () => false,
      ),
    async write(name, { certificate, key }) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await chmod(folder, 0o700);
      const beside = `${place(name)}.new`;
      await rm(beside, { force: true });
      const file = await open(beside, "wx", 0o600);
      try {
        await file.writeFile(`${certificate.trimEnd()}\n${key}`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, place(name));
    },
    remove: (name) => rm(place(name), { force: true }),
  };
}
