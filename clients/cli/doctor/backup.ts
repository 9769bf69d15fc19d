import { auditRecords } from "../audit-records.js";
import { relative } from "../duration.js";
import { type Finding, found, ok, skipped } from "./finding.js";
import type { House } from "./house.js";

const DAY_MILLIS = 24 * 3600_000;
const OLD_DAYS = 30;
const REMEDY = "`latchkey backup --out house.backup`, and keep the file on another host, apart from the passphrase of the keys.";

/** How old the newest backup is. Whether it is still where it was put, nobody here can know. */
export async function* lookAtBackup({ ca }: House): AsyncGenerator<Finding> {
  if (ca === undefined) return yield skipped("The backups: the CA's audit log says when one was made.");
  let newest: Date | undefined;
  for await (const { event, time } of auditRecords(ca.connection, "0", false)) if (event === "backup.made") newest = time ?? newest;
  yield backupOf(newest, ca.status.clock ?? new Date());
}

export function backupOf(newest: Date | undefined, now: Date): Finding {
  if (newest === undefined)
    return found(
      "BACKUP_NEVER_MADE",
      "No backup was ever made: with this host's disk the CA would be gone, and every device with it.",
      REMEDY,
    );
  const age = `The newest backup was made ${relative(newest, now)}`;
  return now.getTime() - newest.getTime() > OLD_DAYS * DAY_MILLIS
    ? found("BACKUP_OLD", `${age}: what was issued and revoked since is in none.`, REMEDY)
    : ok(`${age}.`);
}
