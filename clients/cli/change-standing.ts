import type { Command } from "commander";
import type { CertificateSelector } from "../../generated/latchkey/v1/certificate_service.js";
import type { Connection } from "../connect/connect.js";
import { CallError, isUnreachable } from "../connect/error.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { type Outcome, reportEnforcement, type WaitOptions, waitSeconds } from "./enforcement.js";
import { CommandError } from "./error.js";
import { hasOpenInvitation } from "./find-invitation.js";
import { nameOfFile, nameOfNumber } from "./name-of-certificate.js";
import { confirm } from "./question.js";
import { type Resolved, resolve, toSelector } from "./resolve.js";
import { withConnection } from "./session.js";
import { bold, printable } from "./terminal.js";

export interface StandingOptions extends CommonOptions, WaitOptions {
  readonly owner?: string;
  readonly file?: string;
  readonly yes?: boolean;
}

export interface Chosen {
  readonly selector: CertificateSelector;
  /** For a person. */
  readonly label: string;
}

/** What a command that changes a certificate's standing has of its own. */
export interface StandingChange<Options extends StandingOptions> {
  readonly name: "revoke" | "hold" | "release";
  readonly description: string;
  readonly example: string;
  /** `Revoked`. */
  readonly past: string;
  /** What else can be named in place of an id, by a flag of its own. */
  readonly other?: {
    readonly flag: string;
    readonly isGiven: (options: Options) => boolean;
    readonly choose: (connection: Connection, options: Options) => Promise<Chosen>;
  };
  /** The call that does it. */
  readonly change: (connection: Connection, selector: CertificateSelector, options: Options) => Promise<Outcome>;
}

/** A command that changes a certificate's standing, and waits for the doors: what revoke, hold and release share. */
export function standingCommand<Options extends StandingOptions>(own: StandingChange<Options>): Command {
  return clientCommand(`${own.name} [id]`, own.description, own.example)
    .option("--owner <name>", "every device of this owner, instead of an id")
    .option("--file <certificate>", "the certificate in this file, instead of an id")
    .option("--wait <time>", "how long to wait for the nginx hooks (10s, 2m)", "30s")
    .option("--no-wait", "don't wait: say who enforces it now")
    .option("--yes", "don't ask")
    .action(async (id: string | undefined, options: Options) => {
      const isOther = own.other?.isGiven(options) === true;
      if ([id, options.owner, options.file].filter((one) => one !== undefined).length !== (isOther ? 0 : 1)) {
        throw new CommandError(
          "USAGE",
          `Name what to ${own.name}: a device's name, a serial number or AUTHORITY/SERIAL, or --owner NAME, or --file CERTIFICATE${own.other === undefined ? "" : `, or ${own.other.flag}`}.`,
        );
      }
      const seconds = waitSeconds(options);
      process.exitCode = await withConnection(options, async (connection) => {
        const { selector, label } = isOther ? await own.other.choose(connection, options) : await choose(connection, own.name, id, options);
        const outcome = await own.change(connection, selector, options).catch(sayWhatIsNotKnown);
        const count = outcome.serialNumbers.length;
        const done = `${own.past} ${bold(printable(label))}${namesOf(options, outcome)} (${count} certificate${count === 1 ? "" : "s"}), CRL ${outcome.crlNumber}`;
        return await reportEnforcement(connection, outcome, done, seconds, options.json === true);
      });
    });
}

/** An owner's devices by name: the command did not name them. */
function namesOf({ owner }: StandingOptions, { deviceNames }: Outcome): string {
  return owner === undefined || deviceNames.length === 0 ? "" : `: ${deviceNames.map(printable).join(", ")}`;
}

/** The CA went away, or took too long: it may have done it all the same. */
function sayWhatIsNotKnown(error: unknown): never {
  if (!isUnreachable(error)) throw error;
  const message = `${error.message.replace(/\.?$/, ".")} Whether it is recorded is not known: run the same command again once the CA answers. It does no harm twice.`;
  throw new CallError(error.reason, message, [], { cause: error });
}

async function choose(connection: Connection, name: string, id: string | undefined, options: StandingOptions): Promise<Chosen> {
  if (options.file !== undefined) return await nameOfFile(connection, options.file);
  const number = id === undefined ? undefined : nameOfNumber(id);
  if (number !== undefined) return number;
  if (id === undefined) {
    const owner = options.owner ?? "";
    return { selector: { selected: { $case: "owner", value: owner } }, label: `the devices of ${owner}` };
  }
  const resolved = await resolve(connection, id).catch((error: unknown) => sayOfInvitation(connection, id, error));
  const label = resolved.kind === "name" ? resolved.name : `${resolved.certificate.serialNumber} (${resolved.certificate.deviceName})`;
  await refuseGuess(name, id, label, resolved, options);
  return { selector: toSelector(resolved), label };
}

/** A device that was invited has no certificate yet, and its link is all that can be taken away. */
async function sayOfInvitation(connection: Connection, id: string, error: unknown): Promise<never> {
  const isUnknown = error instanceof CommandError && error.code === "CERTIFICATE_NOT_FOUND";
  if (!isUnknown || !(await hasOpenInvitation(connection, id).catch(() => false))) throw error;
  const message = `"${printable(id)}" has no certificate yet, only an open invitation: \`latchkey invitation cancel "${printable(id)}"\` takes it back.`;
  throw new CommandError("DEVICE_NOT_FOUND", message);
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
