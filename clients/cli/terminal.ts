/** What is written, and how: colours only on a terminal, and not with NO_COLOR (https://no-color.org). */
const isColourful = process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";

const paint = (code: string) => (text: string) => (isColourful ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint("1");
export const dim = paint("2");
export const red = paint("31");
export const green = paint("32");
export const yellow = paint("33");

export function print(line = ""): void {
  process.stdout.write(`${line}\n`);
}

/** One document on standard output. */
export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** To the person at the terminal, where standard output belongs to a script. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** How wide the terminal is; a pipe has all the room. */
export function width(): number {
  return process.stdout.isTTY ? process.stdout.columns || 80 : Number.POSITIVE_INFINITY;
}

/** Control characters could steer the terminal; a name is only to be read. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "\u00b7");
}

/** "Yes" to a question, on a terminal; elsewhere nobody is there to say so. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const { createInterface } = await import("node:readline/promises");
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await reader.question(`${question} [y/N] `);
  reader.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Asks for a line; `secret` is not shown while it is typed. */
export async function ask(question: string, options: { secret: boolean } = { secret: false }): Promise<string> {
  const [{ createInterface }, { Writable }] = await Promise.all([import("node:readline/promises"), import("node:stream")]);
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({
    input: process.stdin,
    output: options.secret ? silent : process.stderr,
    terminal: process.stdin.isTTY === true,
  });
  try {
    return (await reader.question("")).trim();
  } finally {
    reader.close();
    if (options.secret) process.stderr.write("\n");
  }
}
