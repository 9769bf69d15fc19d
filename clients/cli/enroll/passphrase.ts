import { readPassphrase } from "../../../services/enrollment/bundle/passphrase-text.js";
import { CommandError } from "../error.js";
import { ask } from "../question.js";
import { readNamed } from "../read-named.js";

const LARGEST_FILE_OCTETS = 1024;

/** The passphrase of the invitation: from a file, or typed unseen. Never from an argument or a variable: `ps` shows those. Throws USAGE. */
export async function invitationPassphrase(file: string | undefined): Promise<string> {
  const text = file === undefined ? await typed() : (await readNamed(file, "The passphrase", LARGEST_FILE_OCTETS)).toString();
  const passphrase = readPassphrase(text);
  if (passphrase !== undefined) return passphrase;
  throw new CommandError(
    "USAGE",
    "This is no passphrase of an invitation: it has four groups of four small letters and digits. Nothing was sent.",
  );
}

async function typed(): Promise<string> {
  if (process.stdin.isTTY) return await ask("Passphrase of the invitation: ", { secret: true });
  throw new CommandError(
    "USAGE",
    "The passphrase of the invitation is needed: type it at a terminal, or name a file: --passphrase-file FILE.",
  );
}
