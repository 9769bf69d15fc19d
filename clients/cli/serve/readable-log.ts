import { createEventWriter } from "../../../services/event-line.js";
import type { EventName, Log } from "../../../services/log.js";

/** Events on standard error: lines of JSON for a journal, one readable line each for a person at the terminal. */
export function createServeLog(): Log {
  return createEventWriter<EventName>(process.stderr);
}
