import { z } from "zod";
import { type BenchFigure, UnusableResults } from "./results.js";

const quantity = z.object({ unit: z.enum(["/s", "ms", "MB", "octets"]), median: z.number().nonnegative() });
const document = z.object({
  rows: z.array(z.object({ figures: z.array(z.object({ name: z.string(), value: quantity, limit: quantity.optional() })) })),
});

/** Reads what `npm run --silent bench -- --json` has printed. Throws UnusableResults for anything else. */
export function readJson(text: string): readonly BenchFigure[] {
  const { data, error } = document.safeParse(parse(text));
  if (data === undefined)
    throw new UnusableResults(`This is not what \`npm run --silent bench -- --json\` prints: ${z.prettifyError(error)}`);
  const figures = data.rows.flatMap((row) => row.figures);
  return figures.map(({ name, value, limit }) => ({ name, value, ...(limit === undefined ? {} : { limit }) }));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnusableResults("This is no JSON: `npm run --silent bench -- --json` prints one document.", { cause });
  }
}
