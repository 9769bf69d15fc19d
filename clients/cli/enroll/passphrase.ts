import { readPassphrase } from "../../../services/enrollment/bundle/passphrase-text.js";
import { CommandError } from "../error.js";
import { ask } from "../question.js";
import { readNamed } from "../read-named.js";
import { note } from "../terminal.js";

const LARGEST_FILE_OCTETS = 1024;
/** As often the CA lets a passphrase be wrong. It may have counted some before this command was started. */
const MOST_TRIES = 5;

/**
 * Does this with the passphrase of the invitation. Who types it may mistype it: at a terminal a wrong one is asked for again, until the
 * invitation ends. Throws what `attempt` throws.
 */
export async function withPassphrase<T>(file: string | undefined, attempt: (passphrase: string) => Promise<T>): Promise<T> {
  for (let triesLeft = MOST_TRIES; ; ) {
    try {
      return await attempt(await invitationPassphrase(file));
    } catch (error) {
      const isMistyped = error instanceof CommandError && (error.code === "PROOF_WRONG" || error instanceof NoPassphrase);
      if (!isMistyped || file !== undefined || !process.stdin.isTTY) throw error;
      // What is no passphrase was not sent, and costs no try.
      if (error instanceof NoPassphrase) {
        note(error.message);
        continue;
      }
      triesLeft -= 1;
      if (triesLeft === 0) throw error;
      note(`${error.message}\nAt most ${triesLeft === 1 ? "1 try is" : `${triesLeft} tries are`} left.`);
    }
  }
}

class NoPassphrase extends CommandError {}

/** The passphrase of the invitation: from a file, or typed unseen. Never from an argument or a variable: `ps` shows those. Throws USAGE. */
async function invitationPassphrase(file: string | undefined): Promise<string> {
  const text = file === undefined ? await typed() : (await readNamed(file, "The passphrase", LARGEST_FILE_OCTETS)).toString();
  const passphrase = readPassphrase(text);
  if (passphrase !== undefined) return passphrase;
  throw new NoPassphrase(
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
