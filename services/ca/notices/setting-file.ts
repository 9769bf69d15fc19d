import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { NoticeProblem } from "./problem.js";

const LARGEST_FILE_OCTETS = 256 * 1024;

/** Reads a file anew for each message: a secret that was changed counts at once. Throws NoticeProblem, which names the file. */
export async function readSetting(path: string, what: string): Promise<string> {
  try {
    const content = await readFile(path);
    if (content.length === 0 || content.length > LARGEST_FILE_OCTETS) throw new NoticeProblem(`${what} in ${path} is empty, or too large`);
    return content.toString();
  } catch (error) {
    if (error instanceof NoticeProblem) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const why = code === "ENOENT" ? "is not there" : code === "EACCES" ? "may not be read by this user" : `can't be read (${code})`;
    throw new NoticeProblem(`${what} ${why}: ${path}`, { cause: error });
  }
}

/** The CAs to believe: those that Node brings, and the one of the settings. Throws NoticeProblem. */
export async function readCas(caFile: string | undefined): Promise<{ ca?: string[] }> {
  if (caFile === undefined) return {};
  return { ca: [...rootCertificates, await readSetting(caFile, "The CA's certificate")] };
}
