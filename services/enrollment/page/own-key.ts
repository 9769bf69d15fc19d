import { type Html, html } from "./html.js";
import type { Texts } from "./texts.js";

/** The form that the script un-hides where the device can make its own key. */
export function ownKeyFields({ ownKey }: Texts, formats: Html): Html {
  return html`<p>${ownKey.ask}</p>${fields(ownKey, formats, ownKey.button)}`;
}

/** And where this tab has made it already. */
export function keptKeyFields({ ownKey }: Texts): Html {
  return html`${fields(ownKey, html``, ownKey.again)}<p class="fine">${ownKey.withoutPassphrase}</p>`;
}

function fields(ownKey: Texts["ownKey"], formats: Html, button: string): Html {
  return html`<label>${ownKey.label}<br><input name="passphrase" type="text" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" required aria-describedby="own-key-said"></label>
${formats}<button class="button" type="submit">${button}</button><p id="own-key-said" role="status" tabindex="-1"></p>`;
}

/** All that the script says: it has no words of its own. */
export function ownKeyTexts({ ownKey }: Texts): Html {
  const sentences = Object.entries(ownKey.says).map(([key, sentence]) => html`<p data-key="${key}">${sentence}</p>`);
  return html`<template id="own-key-texts">${sentences}</template>`;
}
