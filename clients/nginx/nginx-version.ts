import { runCommand } from "./command.js";

/** `nginx/1.22.1`, as `nginx -v` says; empty when it can't be asked. */
export async function nginxVersion(nginx: string | undefined): Promise<string> {
  if (nginx === undefined) return "";
  const { stdout, stderr } = await runCommand(`${nginx} -v`);
  return /nginx version: (\S+)/.exec(`${stdout}\n${stderr}`)?.[1] ?? "";
}

/** Is this version the given one or newer? */
export function isAtLeast(version: string, major: number, minor: number, patch: number): boolean {
  const [, a, b, c] = /(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  const found = [Number(a ?? 0), Number(b ?? 0), Number(c ?? 0)];
  const wanted = [major, minor, patch];
  const at = found.findIndex((number, index) => number !== wanted[index]);
  return at === -1 || (found[at] ?? 0) > (wanted[at] ?? 0);
}
