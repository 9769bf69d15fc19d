export type EventFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** Where events go: a terminal, a journal's pipe. */
export interface EventStream {
  readonly isTTY?: boolean;
  write(line: string): unknown;
}

/**
 * Writes events to a stream: lines of JSON for a journal, one readable line each for a person at a terminal, in colours unless
 * the environment says that none are wanted (https://no-color.org).
 */
export function createEventWriter<Event extends string>(
  stream: EventStream,
  environment: NodeJS.ProcessEnv = process.env,
): (event: Event, fields?: EventFields) => void {
  const isPlain = environment.NO_COLOR || environment.TERM === "dumb";
  const dim = (text: string) => (isPlain || text === "" ? text : `\u001b[2m${text}\u001b[0m`);
  const toLine = stream.isTTY === true ? (...told: Told) => readableLine(dim, ...told) : jsonLine;
  return (event, fields = {}) => stream.write(`${toLine(event, fields, new Date())}\n`);
}

type Told = [event: string, fields: EventFields, at: Date];

/** `{"time":…,"event":…,…}` */
function jsonLine(...[event, fields, at]: Told): string {
  return JSON.stringify({ time: at.toISOString(), event, ...fields });
}

/** `12:30:59 crl.signed crlNumber=…`, by the clock on the wall. */
function readableLine(dim: (text: string) => string, ...[event, fields, at]: Told): string {
  const told = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text = told.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`).join(" ");
  return `${dim(at.toTimeString().slice(0, 8))} ${event} ${dim(printable(text))}`.trimEnd();
}

/** Control characters could steer the terminal; what is told is only to be read. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "\u00b7");
}
