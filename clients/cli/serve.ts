import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { RunningAuthority } from "../../services/ca/main.js";
import type { Settings } from "../../services/config.js";
import { isContainer } from "../../services/interfaces.js";
import { loadSettings } from "../../services/settings.js";
import { plainCommand } from "./command.js";
import { openNamed } from "./read-named.js";
import { askPassphrase } from "./serve/ask-passphrase.js";
import { startEnrollmentChild } from "./serve/enrollment-child.js";
import { askForDomain, showFirstInvitation, showRecovery } from "./serve/first-words.js";
import { createServeLog } from "./serve/readable-log.js";
import { removeRunFile, writeRunFile } from "./serve/run-file.js";
import { stopSignal } from "./serve/stop-signal.js";
import { serveEnrollmentCommand } from "./serve-enrollment.js";
import { settingFlagsOf, withSettingFlags } from "./setting-flags.js";
import { bold, print } from "./terminal.js";

interface ServeOptions extends Readonly<Record<string, unknown>> {
  readonly printInvitation?: boolean;
  readonly restore?: string;
  readonly acceptClock?: boolean;
}

/** Runs the CA, and the enrolment service beside it. */
export function serveCommand(): Command {
  return withSettingFlags(
    plainCommand(
      "serve",
      "Run the CA: on the first run it makes its authorities, and prints the first invitation",
      "latchkey serve --domain home.example.com\nlatchkey serve --data /var/lib/latchkey --enroll-host house.lan",
    ),
  )
    .option("--print-invitation", "print the first run's secrets (recovery passphrase, invitation) even where no terminal is")
    .option("--restore <file>", "begin from a backup, in an empty data folder")
    .option("--accept-clock", "this host's clock is right now, and was ahead before: go on from it (once)")
    .action(serve)
    .addCommand(serveEnrollmentCommand());
}

async function serve(options: ServeOptions): Promise<void> {
  const settings = await effectiveSettings(options);
  // Before anything is made for it.
  const backup = options.restore === undefined ? undefined : await openNamed(options.restore, "The backup");
  const stop = stopSignal();
  const log = createServeLog();
  const { startAuthority } = await loadAuthority();
  const ca = await startAuthority({
    settings,
    log,
    ...(process.stdin.isTTY ? { askPassphrase } : {}),
    ...(backup === undefined ? {} : { restoreFrom: backup.createReadStream() }),
    acceptClock: options.acceptClock === true,
  });
  const run = { pid: process.pid, grpc: ca.grpc, http: ca.http };
  let child: Awaited<ReturnType<typeof startEnrollmentChild>> | undefined;
  try {
    if (settings.enrollment.enabled) {
      child = await startEnrollmentChild(ca, settings, log, ({ address, devices }) =>
        writeRunFile(settings.data, { ...run, enroll: address, devices }),
      );
    }
    await writeRunFile(settings.data, { ...run, enroll: child?.address ?? "", devices: child?.devices ?? "" });
    await greet(ca, settings, child, options.printInvitation === true);
    if (options.restore !== undefined) tellSettings(settings.data);
    await stop;
    print("\nStopping.");
  } finally {
    await removeRunFile(settings.data, process.pid);
    await child?.stop();
    await ca.close();
  }
}

/** The settings; where nobody has given a domain, the first run at a terminal asks for it. */
async function effectiveSettings(options: ServeOptions): Promise<Settings> {
  const flags = settingFlagsOf(options);
  const { settings, sources } = await loadSettings({ flags, env: process.env });
  if (options.restore !== undefined || sources.get("domains")?.kind !== "default") return settings;
  if (!process.stdin.isTTY || !process.stdout.isTTY) return settings;
  const { checkDomains, isFirstRun } = await import("../../services/ca/first-run.js");
  if (!(await isFirstRun(settings.data))) return settings;
  return await askForDomain(async (domains) => {
    const answered = await loadSettings({ flags: { ...flags, ...(domains === "" ? {} : { domains }) }, env: process.env });
    checkDomains(answered.settings.domains);
    return answered.settings;
  });
}

/** Secrets go to a terminal, or where `--print-invitation` says that somebody reads along; never into a log. */
async function greet(
  ca: RunningAuthority,
  settings: Settings,
  enrollment: { address: string; devices: string; warning: string | undefined } | undefined,
  mayPrintSecrets: boolean,
): Promise<void> {
  print(`${bold("Latchkey runs")}, on the data in ${settings.data}`);
  print(`  operators    ${ca.grpc} (gRPC)`);
  print(`  publication  http://${ca.http}`);
  if (enrollment !== undefined && enrollment.address !== "") print(`  enrolment    https://${enrollment.address}`);
  if (enrollment !== undefined && enrollment.devices !== "") print(`  devices      https://${enrollment.devices}`);
  if (enrollment?.warning !== undefined) print(`  ${enrollment.warning}`);
  const shown = process.stdout.isTTY === true || mayPrintSecrets;
  // Once it has been shown, the warning that it waits on this host is no longer true.
  for (const { code, message } of ca.warnings()) if (!(shown && code === "RECOVERY_PASSPHRASE_ON_THIS_HOST")) print(`  ${message}`);
  if (ca.lostCredentials.length > 0) {
    print(
      `  The credentials that lay on the host of the backup are revoked: ${ca.lostCredentials.join(", ")}. Other operators keep theirs (\`latchkey operator list\`).`,
    );
  }
  if (shown) {
    await showRecovery(ca);
    // Where no phone can enrol yet (services/enrollment/lan.ts), it would be used up by the time that one can.
    const canEnroll = settings.enrollment.lan !== undefined || !isContainer();
    if (ca.isUnused && enrollment !== undefined && enrollment.address !== "" && canEnroll) await showFirstInvitation(ca);
  }
  if (process.stdout.isTTY) print(bold("This runs as long as this terminal is open. Ctrl-C stops it."));
}

/** A backup is of the CA's store and keys. What was set on the lost host is missed only when it does not happen. */
function tellSettings(dataFolder: string): void {
  const file = join(dataFolder, "latchkey.yaml");
  print(
    existsSync(file)
      ? `Restored, with the settings of ${file}.`
      : `Restored, without the settings of the lost host: a backup has none. If it had a latchkey.yaml, bring that to ${file} and the files that it names to their places, and start again without --restore.`,
  );
}

/** Loaded where it is run: `serve enrollment` is in this file's command, and its process never holds the CA's code. */
async function loadAuthority(): Promise<typeof import("../../services/ca/main.js")> {
  return await import("../../services/ca/main.js");
}
