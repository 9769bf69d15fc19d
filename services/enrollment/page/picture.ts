import { type Html, html } from "./html.js";

/** A screen as a person will see it: a title, rows, and the one to tap. */
export interface Screen {
  readonly title: string;
  readonly rows: readonly string[];
  readonly tap: number;
}

const WIDTH = 240;
const TOP = 44;
const ROW = 34;
/** As many characters fit a row at the font's size; a longer text is drawn narrower. */
const FITTING = 25;

/** Draws a screen. What it shows stands in the text beside it: readers of the page's text lose nothing. */
export function picture({ title, rows, tap }: Screen): Html {
  const height = TOP + rows.length * ROW + 14;
  const drawn = rows.map((row, at) => {
    const y = TOP + at * ROW;
    const isTapped = at === tap;
    const finger = isTapped ? html`<circle class="finger" cx="${String(WIDTH - 34)}" cy="${String(y + 15)}" r="9"/>` : html``;
    return html`<rect class="${isTapped ? "row tapped" : "row"}" x="14" y="${String(y)}" width="${String(WIDTH - 28)}" height="${String(ROW - 6)}" rx="7"/>${label(row, 26, y + 19, isTapped ? "on" : "off")}${finger}`;
  });
  return html`<svg class="picture" viewBox="0 0 ${String(WIDTH)} ${String(height)}" aria-hidden="true" focusable="false"><rect class="screen" x="1" y="1" width="${String(WIDTH - 2)}" height="${String(height - 2)}" rx="18"/>${label(title, 18, 29, "title")}${drawn}</svg>`;
}

function label(text: string, x: number, y: number, kind: "title" | "on" | "off"): Html {
  const at = html`class="label ${kind}" x="${String(x)}" y="${String(y)}"`;
  return text.length > FITTING
    ? html`<text ${at} textLength="${String(WIDTH - 2 * x - 24)}" lengthAdjust="spacingAndGlyphs">${text}</text>`
    : html`<text ${at}>${text}</text>`;
}
