import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** Writes what the bench makes; Markdown is formatted as `npm run check` wants it. @param name within docs/ */
export async function writeDocument(name: string, text: string): Promise<void> {
  const path = join(ROOT, "docs", name);
  await writeFile(path, text);
  if (name.endsWith(".md"))
    await promisify(execFile)(join(ROOT, "node_modules", ".bin", "biome"), ["format", "--write", path], { cwd: ROOT });
}
