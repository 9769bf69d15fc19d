import type { Command } from "commander";
import type { CertificateSelector } from "../../generated/latchkey/v1/certificate_service.js";
import {
  HoldCertificateRequest,
  ReleaseCertificateRequest,
  RevokeCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { type Connection, call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { type Outcome, reportEnforcement, type WaitOptions, waitSeconds } from "./enforcement.js";
import { CommandError, EXIT } from "./exit.js";
import { type Resolved, resolve, toSelector } from "./resolve.js";
import { withConnection } from "./session.js";
import { bold, confirm, printable } from "./terminal.js";

interface StandingOptions extends CommonOptions, WaitOptions {
  readonly owner?: string;
  readonly reason?: string;
  readonly yes?: boolean;
}

type Change = (connection: Connection, selector: CertificateSelector, options: StandingOptions) => Promise<Outcome>;

/** The commands that change a certificate's standing, and wait for the doors: revoke, hold, release. */
function standingCommand(name: string, description: string, example: string, past: string, change: Change): Command {
  return clientCommand(`${name} [id]`, description, example)
    .option("--owner <name>", "every device of this owner, instead of an id")
    .option("--wait <time>", "how long to wait for the nginx hooks (10s, 2m)", "30s")
    .option("--no-wait", "don't wait: say who enforces it now")
    .option("--yes", "don't ask")
    .action(async (id: string | undefined, options: StandingOptions) => {
      if ((id === undefined) === (options.owner === undefined)) {
        throw new CommandError("USAGE", `Name what to ${name}: a device's name or a serial number, or --owner NAME.`, EXIT.usage);
      }
      const seconds = waitSeconds(options);
      process.exitCode = await withConnection(options, async (connection) => {
        const { selector, label } = await choose(connection, name, id, options);
        const outcome = await change(connection, selector, options);
        const count = outcome.serialNumbers.length;
        const done = `${past} ${bold(printable(label))} (${count} certificate${count === 1 ? "" : "s"}), CRL ${outcome.crlNumber}`;
        return await reportEnforcement(connection, outcome, done, seconds, options.json === true);
      });
    });
}

async function choose(
  connection: Connection,
  name: string,
  id: string | undefined,
  options: StandingOptions,
): Promise<{ selector: CertificateSelector; label: string }> {
  if (id === undefined) {
    const owner = options.owner ?? "";
    return { selector: { selected: { $case: "owner", value: owner } }, label: `the devices of ${owner}` };
  }
  const resolved = await resolve(connection, id);
  const label = resolved.kind === "name" ? resolved.name : `${resolved.certificate.serialNumber} (${resolved.certificate.deviceName})`;
  await refuseGuess(name, id, label, resolved, options);
  return { selector: toSelector(resolved), label };
}

/** A prefix is a guess: nothing is taken away from anybody on a guess. */
async function refuseGuess(name: string, id: string, label: string, resolved: Resolved, options: StandingOptions): Promise<void> {
  if (resolved.exact || options.yes === true) return;
  if (await confirm(`"${printable(id)}" is ${printable(label)}. ${name} it?`)) return;
  throw new CommandError(
    "NOT_CONFIRMED",
    `"${printable(id)}" is the beginning of ${printable(label)}: write it out, or say --yes. Nothing was changed.`,
  );
}

export function revokeCommand(): Command {
  return standingCommand(
    "revoke",
    "Take a device's (or operator's) certificates away, and wait until nginx refuses them",
    `latchkey revoke "Anna's phone" --reason keyCompromise`,
    "Revoked",
    (connection, selector, { reason, yes }) =>
      call(
        connection.certificates,
        "revokeCertificate",
        RevokeCertificateRequest.create({ selector, reason: reason ?? "", allowLastAdmin: yes === true }),
      ),
  ).option("--reason <reason>", "keyCompromise, superseded, cessationOfOperation, affiliationChanged or privilegeWithdrawn (RFC 5280)");
}

export function holdCommand(): Command {
  return standingCommand(
    "hold",
    "Suspend a device that is lost, perhaps; `release` undoes it",
    `latchkey hold "Anna's phone"`,
    "Held",
    (connection, selector) => call(connection.certificates, "holdCertificate", HoldCertificateRequest.create({ selector })),
  );
}

export function releaseCommand(): Command {
  return standingCommand(
    "release",
    "End a hold: the device is let in again",
    `latchkey release "Anna's phone"`,
    "Released",
    (connection, selector) => call(connection.certificates, "releaseCertificate", ReleaseCertificateRequest.create({ selector })),
  );
}
