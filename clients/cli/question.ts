import { CommandError } from "./error.js";

/** "Yes" to a question, on a terminal; elsewhere nobody is there to say so. Throws INTERRUPTED. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}

/** Asks for a line at the terminal; `secret` is not shown while it is typed. Throws INTERRUPTED at Ctrl-C and Ctrl-D. */
export async function ask(question: string, options: { secret: boolean } = { secret: false }): Promise<string> {
  const [{ createInterface }, { Writable }] = await Promise.all([import("node:readline/promises"), import("node:stream")]);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal does not show by itself what is typed: only now the question may invite somebody to type.
  const reader = createInterface({
    input: process.stdin,
    output: options.secret ? silent : process.stderr,
    terminal: process.stdin.isTTY === true,
  });
  let isAnswered = false;
  try {
    // readline draws the line anew with every key, from its first column: it must know the question, or it wipes it away.
    if (options.secret) process.stderr.write(question);
    const answer = await reader.question(options.secret ? "" : question);
    isAnswered = true;
    return answer.trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ABORT_ERR") throw error;
    throw new CommandError("INTERRUPTED", "Interrupted at the question: nothing was done.");
  } finally {
    reader.close();
    // The line end that was typed is not shown either.
    if (options.secret || !isAnswered) process.stderr.write("\n");
  }
}
