import { html } from "./html.js";
import { languages, layout } from "./layout.js";
import type { Texts } from "./texts.js";

/** How a device's certificate stands, as far as it is known. */
export interface Checked {
  readonly status: string;
  readonly deviceName?: string;
  readonly notAfter?: Date;
}

/** "Did it work?": whose key the device has shown, and whether it opens the door. */
export function renderCheck(texts: Texts, { status, deviceName = "", notAfter }: Checked): string {
  const { title, works, until, problems } = texts.check;
  const isGood = status === "valid";
  const [heading, detail] = isGood
    ? [works(deviceName), until(date(notAfter ?? new Date(0), texts))]
    : (problems[isTold(status, problems) ? status : "nobody"] ?? []);
  return layout(
    texts,
    title,
    html`<h1>${heading ?? title}</h1><p class="lead">${detail ?? ""}</p>`,
    isGood ? html`<p>${texts.check.open}</p>` : html`<h2>${texts.ended.next}</h2><p>${texts.check.again}</p>`,
    languages(texts, (language) => `/?lang=${language}`),
    html``,
  );
}

function isTold(status: string, problems: Texts["check"]["problems"]): status is keyof Texts["check"]["problems"] {
  return Object.hasOwn(problems, status);
}

function date(time: Date, { language }: Texts): string {
  return time.toLocaleDateString(language === "en" ? "en-GB" : language, { day: "numeric", month: "long", year: "numeric" });
}
