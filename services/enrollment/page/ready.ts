import { html } from "./html.js";
import { layout } from "./layout.js";
import { type Device, everyRemainingStep } from "./steps.js";
import type { Texts } from "./texts.js";

export interface ReadyPage extends Device {
  readonly texts: Texts;
  readonly address: string;
  readonly fileName: string;
}

/** The page after the button: the bundle waits, and every step that is left is here, since the link itself is used up. */
export function renderReady(page: ReadyPage): string {
  const { texts, address, fileName } = page;
  const { title, heading, lead, get } = texts.ready;
  return layout(
    texts,
    title,
    html`<h1>${heading}</h1><p class="lead">${lead}</p>`,
    html`<p><a class="button" href="/d/${address}?file=1" download>${get(fileName)}</a></p>${everyRemainingStep(texts, page)}`,
  );
}
