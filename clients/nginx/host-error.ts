/** Something on this host that the hook can't work with: what it is, and what to do. */
export class HostError extends Error {
  override readonly name = "HostError";
}

/** What the operating system says of the hook's folder, for a person. */
export function folderError(path: string, cause: unknown): HostError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new HostError(`${path} ${sentenceOf(code) ?? `can't be used: ${message}.`}`, { cause });
}

function sentenceOf(code: string | undefined): string | undefined {
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "may not be read and written by this user: run latchkey-nginx as root, or as the user that the folder belongs to.";
    case "ENOTDIR":
    case "EEXIST":
      return "is no folder, or lies in something that is none: choose another --dir.";
    case "EROFS":
      return "lies where nothing can be written: choose another --dir.";
    case "ENOSPC":
    case "EDQUOT":
      return "lies on a disk that is full: make room there.";
    default:
      return undefined;
  }
}
