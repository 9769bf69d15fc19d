/** The folder that nginx takes relative names from: that of its main configuration file, as it is written, with its slash. */
export function prefixOf(mainFile: string): string {
  return mainFile.slice(0, mainFile.lastIndexOf("/") + 1);
}

/** A name as nginx makes it whole (ngx_get_full_name): joined, and not normalised in any way. */
export function fullName(name: string, prefix: string): string {
  return name.startsWith("/") ? name : prefix + name;
}

/**
 * Is it the same file for certain, whatever links there are on the way? `//` and `/./` change nothing; `..` does, behind a
 * symbolic link.
 */
export function isSameFile(one: string, other: string): boolean {
  return withoutNothings(one) === withoutNothings(other);
}

function withoutNothings(name: string): string {
  return name
    .split("/")
    .filter((part, index) => index === 0 || (part !== "" && part !== "."))
    .join("/");
}
