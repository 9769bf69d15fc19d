import { execFileSync } from "node:child_process";
import { stat } from "node:fs/promises";
import type { ServiceUser } from "../../service/units.js";
import { CommandError } from "../error.js";

/** Whose folder it is: whom its service runs as. Throws FILE_NOT_FOUND, SYSTEM_ERROR. */
export async function ownerOf(folder: string): Promise<ServiceUser> {
  const { uid } = await stat(folder);
  const line = accountOf(uid);
  const [name = "", , , , , home = ""] = line.split(":");
  if (name !== "") return { name, home };
  throw new CommandError(
    "SYSTEM_ERROR",
    `${folder} belongs to user ${uid}, whom this host does not know: give it to one who is to run the service (chown -R).`,
  );
}

/** The system's own view, which may come from more than /etc/passwd (nsswitch.conf). */
function accountOf(uid: number): string {
  try {
    return execFileSync("getent", ["passwd", String(uid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return "";
  }
}
