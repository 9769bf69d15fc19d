import { DE } from "./texts/de.js";
import { EN } from "./texts/en.js";
import { ES } from "./texts/es.js";
import { FR } from "./texts/fr.js";
import { PL } from "./texts/pl.js";

/** The shape of the English catalogue, with any words: a translation that lacks a key does not compile. */
type Translated<T> = T extends string
  ? string
  : T extends number
    ? number
    : T extends (...values: infer Values) => string
      ? (...values: Values) => string
      : T extends readonly string[]
        ? readonly string[]
        : { readonly [Key in keyof T]: Translated<T[Key]> };

export type Texts = Translated<typeof EN>;

/** In the order in which they are offered; the first one stands in for every other language. */
export const CATALOGUES: readonly Texts[] = [EN, DE, PL, ES, FR];

/** The catalogue of a language (`de`), or the first. */
export function textsOf(language: unknown): Texts {
  return CATALOGUES.find((texts) => texts.language === language) ?? EN;
}
