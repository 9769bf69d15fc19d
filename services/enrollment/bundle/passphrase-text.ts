/**
 * What a person types, as it was printed: four groups of four small letters and digits. Capitals, spaces and missing hyphens are
 * the keyboard's doing. Undefined for what can't be a passphrase.
 */
export function readPassphrase(typed: string): string | undefined {
  const characters = typed.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return characters.length === 16 ? (characters.match(/.{4}/g) ?? []).join("-") : undefined;
}
