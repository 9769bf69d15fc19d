import { type Html, html } from "./html.js";
import { languages, layout } from "./layout.js";
import type { Texts } from "./texts.js";

/** How a device's certificate stands, as far as it is known. */
export interface Checked {
  readonly status: string;
  readonly deviceName?: string;
  readonly notAfter?: Date;
}

/**
 * "Did it work?": whose key the device has shown, and whether it opens the door. `leaveUrl`: where it says how a device loses its key, if that
 * can be reached from there.
 */
export function renderCheck(texts: Texts, { status, deviceName = "", notAfter }: Checked, leaveUrl?: string): string {
  const { title, works, until, problems } = texts.check;
  const isGood = status === "valid";
  const [heading, detail] = isGood
    ? [works(deviceName), until(date(notAfter ?? new Date(0), texts))]
    : (problems[isTold(status, problems) ? status : "nobody"] ?? []);
  return layout(
    texts,
    title,
    html`<h1>${heading ?? title}</h1><p class="lead">${detail ?? ""}</p>`,
    isGood ? html`<p>${texts.check.open}</p>` : whatNext(texts, status, leaveUrl),
    languages(texts, (language) => `/?lang=${language}`),
    html``,
  );
}

function whatNext({ check, ended, open, language }: Texts, status: string, leaveUrl: string | undefined): Html {
  const isRevoked = status === "revoked";
  // That its time is over says already what to do.
  if (status === "expired") return html``;
  const what = isRevoked ? check.onceRevoked : status === "held" ? check.onceHeld : check.again;
  const leave = isRevoked && leaveUrl !== undefined ? html`<p><a href="${leaveUrl}?lang=${language}">${open.leave}</a></p>` : html``;
  return html`<h2>${ended.next}</h2><p>${what}</p>${leave}`;
}

function isTold(status: string, problems: Texts["check"]["problems"]): status is keyof Texts["check"]["problems"] {
  return Object.hasOwn(problems, status);
}

function date(time: Date, { language }: Texts): string {
  return time.toLocaleDateString(language === "en" ? "en-GB" : language, { day: "numeric", month: "long", year: "numeric" });
}
