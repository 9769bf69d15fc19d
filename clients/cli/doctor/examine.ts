import { CallError } from "../../connect/error.js";
import { describe } from "../failure.js";
import { type Finding, skipped } from "./finding.js";
import type { Check, House } from "./house.js";

/** A finding, and what it is about: the heading of its line. */
export interface Line {
  readonly about: string;
  readonly finding: Finding;
}

/** Looks at everything, one thing after the other. A look that is refused is told, and the next one is taken all the same. */
export async function* examine(house: House, checks: readonly Check[]): AsyncGenerator<Line> {
  for (const { about, look } of checks) {
    try {
      for await (const finding of look(house)) yield { about, finding };
    } catch (error) {
      const { code, message } = describe(error);
      // A mistake in this program is no finding.
      if (code === "INTERNAL" && !(error instanceof CallError)) throw error;
      yield { about, finding: skipped(`Could not be looked at: ${message}`) };
    }
  }
}
