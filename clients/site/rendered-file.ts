/** One file of the kit. */
export interface RenderedFile {
  /** Below the folder of `--out`: `nginx/nginx.conf`. */
  readonly path: string;
  readonly goesTo: string;
  readonly undo: string;
  /** What begins a comment in it. */
  readonly comment?: "#" | ";";
  readonly body: string;
  /** It holds a password or token: for its owner alone, and never shown. */
  readonly secret?: boolean;
}

/** The file, with two lines before all else: where it goes, and how to undo it. */
export function textOf({ comment = "#", goesTo, undo, body }: RenderedFile): string {
  const head = `${comment} Goes to: ${goesTo}\n${comment} Undo: ${undo}\n`;
  // A script's first line is the system's.
  const [, shebang = "", rest = body] = /^(#![^\n]*\n)(.*)$/s.exec(body) ?? [];
  return `${shebang}${head}\n${rest}`;
}
