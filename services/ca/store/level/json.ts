/** JSON with what JSON lacks: dates, octets and CRL numbers, each as an object with one key. */
export function toJson(value: unknown): string {
  return JSON.stringify(toPlain(value));
}

export function fromJson<T>(text: string): T {
  return fromPlain(JSON.parse(text)) as T;
}

/** Not by JSON.stringify's replacer, nor JSON.parse's reviver: with one they leave their fast path, and there is a value in every transaction. */
function toPlain(value: unknown): unknown {
  if (typeof value === "bigint") return { $integer: String(value) };
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Date) return { $date: value.getTime() };
  if (value instanceof Uint8Array) return { $octets: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(toPlain);
  const plain: Record<string, unknown> = {};
  for (const name of Object.keys(value)) plain[name] = toPlain((value as Record<string, unknown>)[name]);
  return plain;
}

/** Changes arrays and objects in place: they are the parser's own. */
function fromPlain(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if ("$date" in value) return new Date(value.$date as number);
  if ("$octets" in value) return new Uint8Array(Buffer.from(value.$octets as string, "base64"));
  if ("$integer" in value) return BigInt(value.$integer as string);
  const parts = value as Record<string, unknown>;
  for (const name of Object.keys(parts)) parts[name] = fromPlain(parts[name]);
  return value;
}
