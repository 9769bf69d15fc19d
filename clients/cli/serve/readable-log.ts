import { createLog, type Log } from "../../../services/log.js";
import { dim, printable } from "../terminal.js";

/** Events on standard error: lines of JSON for a journal, one readable line each for a person at the terminal. */
export function createServeLog(): Log {
  if (process.stderr.isTTY !== true) return createLog();
  return (event, fields = {}) => {
    const told = Object.entries(fields).filter(([, value]) => value !== undefined);
    const text = told.map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`).join(" ");
    process.stderr.write(`${dim(new Date().toTimeString().slice(0, 8))} ${event} ${dim(printable(text))}\n`);
  };
}
