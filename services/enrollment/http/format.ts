import { BUNDLE_FORMATS, type BundleFormat } from "../bundle/formats.js";
import { Refusal } from "../problem.js";

/** Reads a format. Throws FIELD_INVALID. */
export function parseFormat(text: unknown, fallback: BundleFormat): BundleFormat {
  if (text === undefined) return fallback;
  const format = BUNDLE_FORMATS.find((known) => known === text);
  if (format === undefined)
    throw new Refusal("FIELD_INVALID", `There is no format ${JSON.stringify(text).slice(0, 40)}: they are ${BUNDLE_FORMATS.join(", ")}.`);
  return format;
}
