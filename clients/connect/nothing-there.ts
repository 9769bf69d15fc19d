/** For `.catch` behind the reading of a file: undefined where there is none. Whatever else keeps it from being read is no absence, and is thrown. */
export function nothingThere(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
  throw error;
}
