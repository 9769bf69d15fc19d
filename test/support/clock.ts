import { execFileSync } from "node:child_process";

/** What has a process believe that its host's clock is off: Debian's libfaketime stands between it and its clock. `offset`: `+16d`, `-1h`. */
export function clockOff(offset: string): Readonly<Record<string, string>> {
  return { FAKETIME: offset, LD_PRELOAD: libfaketime(), FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

/** The same by what a file holds at the moment (`+16d`): a clock that jumps while the process runs. */
export function clockOf(file: string): Readonly<Record<string, string>> {
  return { FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", LD_PRELOAD: libfaketime(), FAKETIME_DONT_FAKE_MONOTONIC: "1" };
}

function libfaketime(): string {
  return execFileSync("dpkg", ["-L", "libfaketime"], { encoding: "utf8" })
    .split("\n")
    .filter((path) => path.endsWith("/libfaketimeMT.so.1"))
    .join();
}
