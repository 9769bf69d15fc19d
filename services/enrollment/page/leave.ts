import { PLATFORMS, type Platform } from "../platform.js";
import { html } from "./html.js";
import { choice, languages, layout, list } from "./layout.js";
import type { Texts } from "./texts.js";

/** How a device loses its key again: certificate, root and profile. */
export function renderLeave(texts: Texts, platform: Platform): string {
  const { title, lead, how, otherDevice } = texts.leave;
  const platforms = PLATFORMS.map((one) => ({
    href: `/leave?platform=${one}&lang=${texts.language}`,
    text: texts.platforms[one],
    isCurrent: one === platform,
  }));
  return layout(
    texts,
    title,
    html`<h1>${title}</h1><p class="lead">${lead}</p>`,
    html`<div class="step"><h2>${texts.platforms[platform]}</h2>${list(how[platform])}</div>`,
    html`${choice(otherDevice, platforms)}${languages(texts, (language) => `/leave?platform=${platform}&lang=${language}`)}`,
  );
}
