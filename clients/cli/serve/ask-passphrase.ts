import { ask } from "../question.js";
import { note } from "../terminal.js";

/** Asks a person for the passphrase of the CA's keys, after saying what is missing. */
export async function askPassphrase(missing: string): Promise<string> {
  note(missing);
  return await ask("Passphrase of the CA's keys: ", { secret: true });
}
