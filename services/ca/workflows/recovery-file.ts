import { readFile, rm } from "node:fs/promises";
import { writePrivateFile } from "../keys/private-file.js";

/** The recovery passphrase between its making and its being shown: outside the data folder, 0600. */
export interface RecoveryFile {
  readonly path: string;
  readonly passphrase: string;
  /** It has been shown: it is gone from this host. */
  forget(): Promise<void>;
}

/**
 * Keeps the recovery passphrase until a person has seen it: on the first run without a terminal, nobody has.
 * It is on the disk before the root depends on it, so that a first run that is interrupted loses nothing.
 */
export function createRecoveryFile(path: string): {
  keep(passphrase: string): Promise<void>;
  read(): Promise<RecoveryFile | undefined>;
} {
  return {
    keep: (passphrase) => writePrivateFile(path, `${passphrase}\n`),
    async read() {
      try {
        const passphrase = (await readFile(path, "utf8")).trim();
        return { path, passphrase, forget: () => rm(path, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
  };
}
