/** Where a setting's value came from. Later kinds win: file, variable, flag. */
export type Source =
  | { readonly kind: "default" }
  | { readonly kind: "file"; readonly file: string; readonly line: number }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "flag"; readonly name: string };

/** A value as it was given, before the schema has seen it. */
export interface Given {
  readonly path: string;
  readonly value: unknown;
  readonly source: Source;
}

/** `./data/latchkey.yaml:3`, `LATCHKEY_GRPC_LISTEN`, `--grpc`, `default`. */
export function describeSource(source: Source): string {
  switch (source.kind) {
    case "default":
      return "default";
    case "file":
      return `${source.file}:${source.line}`;
    case "variable":
    case "flag":
      return source.name;
  }
}

/** The settings can't be used: each problem names where it was written. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "SETTINGS_INVALID";

  constructor(readonly problems: readonly string[]) {
    super(`The settings can't be used.\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
  }
}
