import { CallError } from "../../connect/error.js";
import { describe } from "../failure.js";
import { type Finding, skipped } from "./finding.js";

/** One thing to look at, of a house or a door. It throws nothing but what the CA or the system has refused, and INTERRUPTED. */
export interface Check<Subject> {
  /** For the heading of its lines. */
  readonly about: string;
  look(subject: Subject): AsyncIterable<Finding> | Iterable<Finding>;
}

/** A finding, and what it is about: the heading of its line. */
export interface Line {
  readonly about: string;
  readonly finding: Finding;
}

/** Looks at everything, one thing after the other. A look that is refused is told, and the next one is taken all the same. */
export async function* examine<Subject>(subject: Subject, checks: readonly Check<Subject>[]): AsyncGenerator<Line> {
  for (const { about, look } of checks) {
    try {
      for await (const finding of look(subject)) yield { about, finding };
    } catch (error) {
      const { code, message } = describe(error);
      // A mistake in this program is no finding.
      if (code === "INTERRUPTED" || (code === "INTERNAL" && !(error instanceof CallError))) throw error;
      yield { about, finding: skipped(`Could not be looked at: ${message}`) };
    }
  }
}
