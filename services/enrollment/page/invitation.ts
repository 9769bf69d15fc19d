import { FORMAT_OF, PLATFORMS, type Platform } from "../platform.js";
import { type Html, html } from "./html.js";
import { choice, languages, layout, steps } from "./layout.js";
import { ownKeyFields, ownKeyTexts } from "./own-key.js";
import { type Device, isTrustedLater, remainingSteps, trustStep } from "./steps.js";
import type { Texts } from "./texts.js";

export interface InvitationPage extends Device {
  readonly texts: Texts;
  readonly invitationId: string;
  readonly deviceName: string;
  readonly expireTime: Date;
  readonly formToken: string;
  /** It is shown inside an app, where nothing can be installed. */
  readonly isInApp: boolean;
}

/** The page of an invitation. It consumes nothing. */
export function renderInvitation(page: InvitationPage): string {
  const { texts, platform, hasOwnCertificate } = page;
  const trusts = !hasOwnCertificate && !isTrustedLater(platform);
  return layout(
    texts,
    texts.title(page.deviceName),
    html`<h1>${texts.heading(page.deviceName)}</h1><p class="lead">${texts.lead}</p>
<div id="unused"><p class="fine">${texts.validUntil(clock(page.expireTime, texts))}</p>${hasOwnCertificate ? html`` : html`<p class="fine">${texts.warned}</p>`}</div>`,
    html`${page.isInApp ? leaveApp(page) : html``}<div id="before">${iphoneChoice(page)}${steps([...(trusts ? [trustStep(texts, platform)] : []), bundleStep(page)])}</div>${afterOwnKey(page)}`,
    html`${platformSwitch(page)}${languages(texts, (language) => `?platform=${platform}&lang=${language}`)}`,
  );
}

function bundleStep(page: InvitationPage): Html {
  const { texts, formToken, platform, invitationId, deviceName } = page;
  const { heading, passphrase, button, once, next } = texts.bundle;
  const formats = formatChoice(texts, platform);
  return html`<h2>${heading}</h2>
<div id="plain"><p>${passphrase}</p>
<form method="post" action="?platform=${platform}&lang=${texts.language}"><input type="hidden" name="formToken" value="${formToken}"><input type="hidden" name="platform" value="${platform}">
${formats}<button class="button" type="submit">${button}</button></form></div>
<form id="own-key" method="post" novalidate hidden data-invitation="${invitationId}" data-device="${deviceName}" data-platform="${platform}">${ownKeyFields(texts, formats)}</form>
${ownKeyTexts(texts)}
<p class="fine" id="once">${once} ${next}</p>`;
}

function formatChoice({ bundle, language: _ }: Texts, platform: Platform): Html {
  const options = Object.entries(bundle.formats).map(([format, text]) =>
    format === FORMAT_OF[platform]
      ? html`<option value="${format}" selected>${text}</option>`
      : html`<option value="${format}">${text}</option>`,
  );
  const hint = platform === "other" ? html`<p class="fine">${bundle.ownRequest}</p>` : html``;
  return html`<details><summary>${bundle.advanced}</summary><label>${bundle.formatLabel}<br><select name="format">${options}</select></label></details>${hint}`;
}

/** What the script shows once it has packed the bundle: the file, and what is left to do. */
function afterOwnKey(page: InvitationPage): Html {
  const { texts } = page;
  return html`<div id="own-key-ready" hidden><p>${texts.ownKey.says.ready}</p><p><a id="own-key-file" class="button">${texts.ownKey.save}</a></p>${steps(remainingSteps(texts, page))}</div>`;
}

/** Without the script there is no copying: the address stands there to be marked. */
function leaveApp({ texts, platform }: InvitationPage): Html {
  const { heading, copy, copied, iphone, other } = texts.inApp;
  const what = platform === "iphone" || platform === "iphone-app" ? iphone : other;
  return html`<div class="caution" id="in-app"><strong>${heading}</strong><p>${what}</p><p><button class="button quiet" type="button" data-copied="${copied}" hidden>${copy}</button></p><p role="status"></p></div>`;
}

/** Safari's profile and the app's file are two ways, and the wrong one costs the invitation: chosen above the button. */
function iphoneChoice({ texts, platform }: InvitationPage): Html {
  if (platform !== "iphone" && platform !== "iphone-app") return html``;
  const links = (["iphone", "iphone-app"] as const).map((one) => ({
    href: `?platform=${one}&lang=${texts.language}`,
    text: texts.onIphone[one],
    isCurrent: one === platform,
  }));
  return choice(texts.onIphone.ask, links);
}

function platformSwitch({ texts, platform }: InvitationPage): Html {
  const links = PLATFORMS.map((one) => ({
    href: `?platform=${one}&lang=${texts.language}`,
    text: texts.platforms[one],
    isCurrent: one === platform,
  }));
  return choice(texts.notThisDevice, links);
}

function clock(time: Date, { language }: Texts): string {
  return time.toLocaleTimeString(language === "en" ? "en-GB" : language, { hour: "2-digit", minute: "2-digit" });
}
