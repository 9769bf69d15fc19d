import type { Request } from "express";
import { CATALOGUES, type Texts, textsOf } from "../page/texts.js";

const LANGUAGES = CATALOGUES.map(({ language }) => language);

/** The words for who asks: the language that was chosen on the page, else what the browser accepts, else English. */
export function languageOf(request: Pick<Request, "query" | "acceptsLanguages">): Texts {
  const chosen = LANGUAGES.find((language) => language === request.query.lang);
  return textsOf(chosen ?? request.acceptsLanguages(LANGUAGES));
}
