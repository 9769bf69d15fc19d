import type { Platform } from "../platform.js";
import { html } from "./html.js";
import { layout, steps } from "./layout.js";
import { isTrustedLater, remainingSteps, trustStep } from "./steps.js";
import type { Texts } from "./texts.js";

export interface ReadyPage {
  readonly texts: Texts;
  readonly platform: Platform;
  readonly address: string;
  readonly fileName: string;
  readonly hasOwnCertificate: boolean;
  /** Where the key can be tried. */
  readonly checkUrl: string | undefined;
}

/** The page after the button: the bundle waits, and every step that is left is here, since the link itself is used up. */
export function renderReady({ texts, platform, address, fileName, hasOwnCertificate, checkUrl }: ReadyPage): string {
  const { title, heading, lead, get } = texts.ready;
  const late =
    hasOwnCertificate || isTrustedLater(platform)
      ? html``
      : html`<details class="step"><summary>${texts.trust.later}</summary>${trustStep(texts, platform)}</details>`;
  return layout(
    texts,
    title,
    html`<h1>${heading}</h1><p class="lead">${lead}</p>`,
    html`<p><a class="button" href="/d/${address}?file=1" download>${get(fileName)}</a></p>${steps(remainingSteps(texts, platform, !hasOwnCertificate, checkUrl))}${late}`,
  );
}
