import type { Command } from "commander";
import { devicesListen } from "../../services/config.js";
import type { RunningEnrollment } from "../../services/enrollment/main.js";
import { loadSettings } from "../../services/settings.js";
import { CallError } from "../connect/error.js";
import { plainCommand } from "./command.js";
import { CommandError } from "./error.js";
import { describe } from "./failure.js";
import { createServeLog } from "./serve/readable-log.js";
import type { FailedMessage, ListeningMessage } from "./serve/supervise.js";
import { readOperator } from "./session.js";
import { settingFlagsOf, withSettingFlags } from "./setting-flags.js";

interface Options extends Readonly<Record<string, unknown>> {
  readonly credential?: string;
}

/** The enrolment service alone: beside the CA as its child, or on a host of its own. */
export function serveEnrollmentCommand(): Command {
  const example =
    "latchkey operator add page --role enrollment --server-name house.lan --out ./page\nlatchkey serve enrollment --credential ./page --lan 192.168.1.0/24";
  return withSettingFlags(
    plainCommand("enrollment", "Run the enrolment service alone, with an operator's credential of the role enrollment", example),
  )
    .option("--credential <folder>", "the credential folder (LATCHKEY_CREDENTIAL)")
    .action(serveEnrollment);
}

async function serveEnrollment(options: Options): Promise<void> {
  const folder = options.credential ?? process.env.LATCHKEY_CREDENTIAL;
  if (folder === undefined)
    throw new CommandError(
      "USAGE",
      "The enrolment service needs a credential: --credential FOLDER (`latchkey operator add --role enrollment` makes one).",
    );
  const log = createServeLog();
  const running = await orTellParent(async () => {
    const { settings } = await loadSettings({ flags: settingFlagsOf(options), env: process.env });
    const { listen, lan, trustedProxies, open, tls, host } = settings.enrollment;
    // Loaded when it is needed: `latchkey serve` itself, which has this for a child, needs none of it.
    const { startEnrollment } = await import("../../services/enrollment/main.js");
    return await startEnrollment({
      credential: await readOperator(folder, "`latchkey operator add NAME --role enrollment --server-name HOST --out FOLDER` makes one."),
      listen,
      trustedProxies,
      signProfiles: settings.enrollment.signProfiles,
      open,
      log,
      ...(settings.devices.enabled
        ? { devices: { listen: devicesListen(settings), trustedProxies: settings.devices.trustedProxies } }
        : {}),
      ...(lan === undefined ? {} : { lan }),
      ...(host === undefined ? {} : { names: [host] }),
      ...(tls === undefined ? {} : { tls }),
    });
  });
  const message: ListeningMessage = {
    listening: running.address,
    devices: running.devices,
    ...(running.warning === undefined ? {} : { warning: running.warning }),
  };
  process.send?.(message);

  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve());
    // The parent has gone, however it went: this process goes with it.
    process.once("disconnect", () => resolve());
  });
  await running.close();
  log("service.stopped", { service: "enrollment" });
  // An IPC channel that is open would keep the process.
  if (process.connected) process.disconnect();
}

/** Starts it, or tells the parent why not, who says it on: whether another try may help, it can't know from an exit code. */
async function orTellParent(start: () => Promise<RunningEnrollment>): Promise<RunningEnrollment> {
  try {
    return await start();
  } catch (error) {
    if (process.send === undefined) throw error;
    const message: FailedMessage = { failed: describe(error).message, isPassing: error instanceof CallError };
    await new Promise<void>((resolve) => process.send?.(message, undefined, undefined, () => resolve()));
    process.disconnect();
    throw new CommandError("SYSTEM_ERROR", "");
  }
}
