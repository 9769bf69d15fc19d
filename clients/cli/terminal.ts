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
