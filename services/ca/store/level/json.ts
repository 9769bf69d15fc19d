/** JSON with what JSON lacks: dates, octets and CRL numbers, each as an object with one key. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, key, plain: unknown) {
    const original = this[key];
    if (original instanceof Date) return { $date: original.getTime() };
    if (original instanceof Uint8Array) return { $octets: Buffer.from(original).toString("base64") };
    if (typeof original === "bigint") return { $integer: String(original) };
    return plain;
  });
}

export function fromJson<T>(text: string): T {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null) return value;
    if ("$date" in value) return new Date(value.$date as number);
    if ("$octets" in value) return new Uint8Array(Buffer.from(value.$octets as string, "base64"));
    if ("$integer" in value) return BigInt(value.$integer as string);
    return value;
  }) as T;
}
