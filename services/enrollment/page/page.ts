import { FORMAT_OF, PLATFORMS, type Platform } from "../platform.js";
import type { Problem } from "../problem.js";
import { type Html, html } from "./html.js";
import { TEXTS } from "./texts.js";

export interface InvitationPage {
  readonly invitationId: string;
  readonly deviceName: string;
  readonly expireTime: Date;
  readonly platform: Platform;
  readonly formToken: string;
  /** The service shows a certificate that the device knows already: there is no root to install and nothing to compare. */
  readonly hasOwnCertificate: boolean;
}

/** The page of an invitation. It consumes nothing. */
export function renderInvitation(page: InvitationPage): string {
  const trust = trustStep(page.platform);
  const bundle = bundleStep(page);
  const rest = [installStep(page.platform), openStep()];
  // An iPhone's profile brings the root along: it comes first there.
  const steps = page.hasOwnCertificate
    ? [bundle, ...rest]
    : page.platform === "iphone"
      ? [bundle, rest[0], trust, rest[1]]
      : [trust, bundle, ...rest];
  return layout(
    TEXTS.title(page.deviceName),
    html`<header>${mark()}<h1>${TEXTS.heading(page.deviceName)}</h1>
<p class="lead">${TEXTS.lead}</p>
<p class="fine">${TEXTS.validUntil(clock(page.expireTime))}</p></header>
<main><ol class="steps">${steps.filter((step) => step !== undefined).map(numbered)}</ol></main>
<footer>${platformSwitch(page.platform)}</footer>`,
  );
}

/** The page after the button: the bundle waits. */
export function renderReady({ platform, address, fileName }: { platform: Platform; address: string; fileName: string }): string {
  return layout(
    TEXTS.ready.title,
    html`<header>${mark()}<h1>${TEXTS.ready.heading}</h1><p class="lead">${TEXTS.ready.lead}</p></header>
<main><p><a class="button" href="/d/${address}?file=1" download>${TEXTS.ready.get(fileName)}</a></p>
<ol class="steps">${[installStep(platform), openStep()].map(numbered)}</ol></main>`,
  );
}

/** A page for what can't go on: what happened, and what to do now. */
export function renderEnded(problem: Problem): string {
  const isOver = problem.status === 404 || problem.status === 410;
  // The tab that has used the invitation, and has no bundle yet, can go on from here.
  const resume =
    problem.code === "INVITATION_REDEEMED"
      ? html`<form id="own-key" method="post" hidden>${ownKeyFields(html``)}</form>${ownKeyRest()}`
      : html``;
  return layout(
    problem.title,
    html`<header>${mark()}<h1>${problem.title}</h1><p class="lead">${problem.detail}</p></header>
<main>${resume}<h2>${TEXTS.ended.next}</h2><p>${isOver ? TEXTS.ended.ask : TEXTS.ended.again}</p></main>`,
  );
}

function trustStep(platform: Platform): Html {
  const { heading, why, get, compareHeading, compare, stop, how } = TEXTS.trust;
  const button = platform === "iphone" ? html`` : html`<p><a class="button quiet" href="/ca.crt">${get}</a></p>`;
  return html`<h2>${heading}</h2><p>${why}</p>${button}${list(how[platform])}
<div class="caution"><strong>${compareHeading}</strong><p>${compare}</p><p>${stop}</p></div>`;
}

function bundleStep({ formToken, platform, invitationId, deviceName }: InvitationPage): Html {
  const { heading, passphrase, button, once, formatLabel, formats, advanced } = TEXTS.bundle;
  const options = Object.entries(formats).map(([format, text]) =>
    format === FORMAT_OF[platform]
      ? html`<option value="${format}" selected>${text}</option>`
      : html`<option value="${format}">${text}</option>`,
  );
  const choice = html`<details><summary>${advanced}</summary><label>${formatLabel}<br><select name="format">${options}</select></label></details>`;
  return html`<h2>${heading}</h2>
<div id="plain"><p>${passphrase}</p>
<form method="post" action="?platform=${platform}"><input type="hidden" name="formToken" value="${formToken}"><input type="hidden" name="platform" value="${platform}">
${choice}<button class="button" type="submit">${button}</button></form></div>
<form id="own-key" method="post" hidden data-invitation="${invitationId}" data-device="${deviceName}" data-platform="${platform}">${ownKeyFields(choice)}</form>
${ownKeyRest()}
<p class="fine">${once}</p>`;
}

/** What the script works with: it un-hides the form where the device can make its own key, and takes all its words from here. */
function ownKeyFields(choice: Html): Html {
  const { ask, label, button } = TEXTS.ownKey;
  return html`<p>${ask}</p><label>${label}<br><input name="passphrase" type="text" autocomplete="off" autocapitalize="none" autocorrect="off" spellcheck="false" required></label>
${choice}<button class="button" type="submit">${button}</button><p role="status"></p>`;
}

function ownKeyRest(): Html {
  const sentences = Object.entries(TEXTS.ownKey.says).map(([key, sentence]) => html`<p data-key="${key}">${sentence}</p>`);
  return html`<template id="own-key-texts">${sentences}</template>
<div id="own-key-ready" hidden><p>${TEXTS.ownKey.says.ready}</p><p><a id="own-key-file" class="button">${TEXTS.ownKey.save}</a></p></div>`;
}

function installStep(platform: Platform): Html {
  return html`<h2>${TEXTS.install.heading}</h2>${list(TEXTS.install.how[platform])}`;
}

function openStep(): Html {
  return html`<h2>${TEXTS.open.heading}</h2><p>${TEXTS.open.text}</p>`;
}

function list(items: readonly string[]): Html {
  return html`<ol class="how">${items.map((item) => html`<li>${item}</li>`)}</ol>`;
}

function numbered(step: Html, at: number): Html {
  return html`<li class="step"><span class="number" aria-hidden="true">${String(at + 1)}</span>${step}</li>`;
}

function platformSwitch(current: Platform): Html {
  const links = PLATFORMS.map((platform) =>
    platform === current
      ? html`<li><a href="?platform=${platform}" aria-current="true">${TEXTS.platforms[platform]}</a></li>`
      : html`<li><a href="?platform=${platform}">${TEXTS.platforms[platform]}</a></li>`,
  );
  return html`<nav aria-label="${TEXTS.notThisDevice}"><p class="fine">${TEXTS.notThisDevice}</p><ul>${links}</ul></nav>`;
}

/** A latch key, drawn by ourselves. */
function mark(): Html {
  return html`<svg class="mark" viewBox="0 0 48 48" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"><circle cx="16" cy="18" r="10"/><circle cx="16" cy="18" r="2.5"/><path d="M23.5 24.5 42 41m-4.500-4 4.500-5m-11-1 4-4.500"/></svg>`;
}

function clock(time: Date): string {
  return time.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

function layout(title: string, body: Html): string {
  return html`<!doctype html>
<html lang="${TEXTS.language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script type="module" src="/enroll.js"></script></head><body>${body}</body></html>
`.html;
}
