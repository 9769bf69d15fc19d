import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Folder } from "./folder.js";

/**
 * That this very nginx has proved to enforce this very set of files: what the next start of the hook need not have proved again, by a reload that
 * cuts everybody. A note that is lost costs that reload, and nothing else.
 */
export interface ProofNote {
  /** @param serving which nginx, see servingNow */
  holdsFor(serving: string | undefined): Promise<boolean>;
  write(serving: string | undefined): Promise<void>;
  /** Something was in the way since. */
  forget(): Promise<void>;
}

export function createProofNote(folder: Pick<Folder, "path" | "generation">): ProofNote {
  const file = join(folder.path, "proved.txt");
  const textFor = async (serving: string | undefined) =>
    serving === undefined ? undefined : `nginx ${serving} has proved generations/${await folder.generation()}\n`;
  return {
    async holdsFor(serving) {
      const text = await textFor(serving);
      return text !== undefined && (await readFile(file, "utf8").catch(() => undefined)) === text;
    },
    async write(serving) {
      const text = await textFor(serving);
      if (text === undefined) return;
      // Not synced: after a power cut it would be of an nginx that is gone.
      await writeFile(`${file}.new`, text, { mode: 0o644 })
        .then(() => rename(`${file}.new`, file))
        .catch(() => {});
    },
    forget: () => rm(file, { force: true }).catch(() => {}),
  };
}
