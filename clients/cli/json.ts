/** A generated message's writer of proto3 JSON. */
interface Codec<Message> {
  toJSON(message: Message): unknown;
}

/**
 * The proto3 JSON of a message with its defaults. The generated code emits those of scalars; lists that are empty are
 * put in here, so that a script may say `.certificates.length` without asking first.
 */
export function toJson<Message>(codec: Codec<Message>, message: Message): Record<string, unknown> {
  return withEmptyLists(message, codec.toJSON(message)) as Record<string, unknown>;
}

function withEmptyLists(message: unknown, json: unknown): unknown {
  if (Array.isArray(message) && Array.isArray(json)) return json.map((item, at) => withEmptyLists(message[at], item));
  if (!isObject(message) || !isObject(json)) return json;
  const complete: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message)) {
    if (name in json) complete[name] = withEmptyLists(value, json[name]);
    else if (Array.isArray(value)) complete[name] = [];
  }
  return { ...complete, ...Object.fromEntries(Object.entries(json).filter(([name]) => !(name in complete))) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !Buffer.isBuffer(value);
}
