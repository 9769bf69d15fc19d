import { type Html, html } from "./html.js";
import { CATALOGUES, type Texts } from "./texts.js";

const SCRIPT = html`<script type="module" src="/enroll.js"></script>`;

/** A whole page. `switches`: what the person may change about it. */
export function layout(texts: Texts, title: string, header: Html, main: Html, switches: Html = html``, script = SCRIPT): string {
  return html`<!doctype html>
<html lang="${texts.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css">${script}</head><body><header>${mark()}${header}</header>
<main>${main}</main><footer>${switches}</footer></body></html>
`.html;
}

export function list(items: readonly string[]): Html {
  return items.length === 0 ? html`` : html`<ol class="how">${items.map((item) => html`<li>${withCode(item)}</li>`)}</ol>`;
}

/** Each word of what is to be typed stands whole: a line that breaks within `-noout` reads as two options. */
function withCode(text: string): Html[] {
  return text.split("`").map((part, at) => {
    if (at % 2 === 0) return html`${part}`;
    const words = part.split(" ").map((word, position) => html`${position === 0 ? "" : " "}<span>${word}</span>`);
    return html`<code>${words}</code>`;
  });
}

/** Numbered cards, one task each. */
export function steps(cards: readonly Html[]): Html {
  return html`<ol class="steps">${cards.map((card, at) => html`<li class="step"><span class="number" aria-hidden="true">${String(at + 1)}</span>${card}</li>`)}</ol>`;
}

/** A row of links, of which one is where the person is. */
export function choice(
  label: string,
  links: readonly { readonly href: string; readonly text: string; readonly isCurrent: boolean; readonly lang?: string }[],
): Html {
  const items = links.map(({ href, text, isCurrent, lang }) => {
    const attributes = html`${isCurrent ? html` aria-current="true"` : html``}${lang === undefined ? html`` : html` lang="${lang}" hreflang="${lang}"`}`;
    return html`<li><a href="${href}"${attributes}>${text}</a></li>`;
  });
  return html`<nav aria-label="${label}"><p class="fine">${label}</p><ul>${items}</ul></nav>`;
}

export function languages(texts: Texts, hrefOf: (language: string) => string): Html {
  const links = CATALOGUES.map(({ language, name }) => ({
    href: hrefOf(language),
    text: name,
    isCurrent: language === texts.language,
    lang: language,
  }));
  return choice(texts.otherLanguage, links);
}

/** A latch key, drawn by ourselves. */
function mark(): Html {
  return html`<svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false" fill="none" stroke="currentColor" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"><circle cx="16" cy="18" r="10"/><circle cx="16" cy="18" r="2.5"/><path d="M23.5 24.5 42 41m-4.500-4 4.500-5m-11-1 4-4.500"/></svg>`;
}
