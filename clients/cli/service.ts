import { Argument, type Command } from "commander";
import { addRunOptions, type HookFlags, readHookOptions } from "../nginx/options.js";
import { SERVICES, type ServiceId } from "../service/unit.js";
import { plainCommand } from "./command.js";
import type { CaInstallOptions, EnrollmentInstallOptions, InstallOptions } from "./service/install.js";
import { withSettingFlags } from "./setting-flags.js";

const PRINT = ["--print", "show the unit, and change nothing"] as const;
const JSON_OUT = ["--json", "one JSON document on standard output"] as const;

/** What runs at boot, by systemd. */
export function serviceCommand(): Command {
  return plainCommand(
    "service",
    "Have Latchkey run at boot, by systemd",
    "sudo latchkey service install ca --data /home/anna/latchkey/data",
  )
    .addCommand(installCommand())
    .addCommand(removeCommand());
}

function installCommand(): Command {
  return plainCommand(
    "install",
    "Install a service, or install it anew after an update: it runs at once, and from each boot on",
    "sudo latchkey service install ca --data /home/anna/latchkey/data",
  )
    .addCommand(caCommand())
    .addCommand(enrollmentCommand())
    .addCommand(nginxCommand());
}

function caCommand(): Command {
  return withSettingFlags(
    plainCommand(
      "ca",
      "The CA and its enrolment service, as the user whose data folder it is; its settings are best kept in latchkey.yaml there",
      "sudo latchkey service install ca --data /home/anna/latchkey/data",
    ),
  )
    .option(
      "--passphrase-credential <file>",
      "a file with the passphrase of the keys, which systemd hands over (encrypted by systemd-creds if it ends in .cred)",
    )
    .option(...PRINT)
    .option(...JSON_OUT)
    .action(async (options: CaInstallOptions) => (await import("./service/install.js")).installCa(options));
}

function enrollmentCommand(): Command {
  return withSettingFlags(
    plainCommand(
      "enrollment",
      "The enrolment service alone, on a host of its own, as the user whose credential it is",
      "sudo latchkey service install enrollment --credential /home/anna/page --lan 192.168.1.0/24",
    ),
  )
    .option("--credential <folder>", "the credential folder")
    .option(...PRINT)
    .option(...JSON_OUT)
    .action(async (options: EnrollmentInstallOptions) => (await import("./service/install.js")).installEnrollment(options));
}

function nginxCommand(): Command {
  return addRunOptions(
    plainCommand(
      "nginx",
      "The hook beside nginx, as root, with the flags of `latchkey-nginx run`",
      'sudo latchkey service install nginx --credential /etc/latchkey --dir /etc/nginx/latchkey \\\n  --test "nginx -t" --reload "nginx -s reload" --status-url http://127.0.0.1:8481/latchkey-status',
    ),
  )
    .option(...PRINT)
    .option(...JSON_OUT)
    .action(async (flags: HookFlags & InstallOptions) => (await import("./service/install.js")).installHook(readHookOptions(flags), flags));
}

function removeCommand(): Command {
  return plainCommand("remove", "Stop a service, and take its unit away; data stays", "sudo latchkey service remove ca")
    .addArgument(new Argument("<service>", "which one").choices(Object.keys(SERVICES)))
    .option(...JSON_OUT)
    .action(async (id: ServiceId, options: { json?: boolean }) => (await import("./service/remove.js")).removeService(id, options));
}
