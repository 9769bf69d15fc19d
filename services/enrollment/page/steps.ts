import type { Platform } from "../platform.js";
import { type Html, html } from "./html.js";
import { list, steps } from "./layout.js";
import { picture } from "./picture.js";
import type { Texts } from "./texts.js";

/** What the steps depend on. */
export interface Device {
  readonly platform: Platform;
  /** The service shows a certificate that the device knows already: there is no root to install and nothing to compare. */
  readonly hasOwnCertificate: boolean;
  /** Where the key can be tried. */
  readonly checkUrl: string | undefined;
}

type ScreenName = keyof Texts["screens"];

/** Which screen is shown beside which step, where a picture helps. */
const TRUST_SCREEN: Readonly<Partial<Record<Platform, ScreenName>>> = {
  iphone: "trustSwitch",
  "iphone-app": "profile",
  android: "androidCa",
  mac: "keychain",
  windows: "windowsStore",
  linux: "authorities",
};
const INSTALL_SCREEN: Readonly<Partial<Record<Platform, ScreenName>>> = {
  "iphone-app": "app",
  android: "androidUse",
  mac: "keychain",
  windows: "windowsStore",
  linux: "browser",
};

/** An iPhone's profile brings the root along: there it is compared and trusted after the key is there, elsewhere before. */
export function isTrustedLater(platform: Platform): boolean {
  return platform === "iphone";
}

/** Installing the house's root: get it, compare, trust. */
export function trustStep(texts: Texts, platform: Platform): Html {
  const { heading, why, get, how } = texts.trust;
  return html`<h2>${heading}</h2><p>${why}</p><p><a class="button quiet" href="/ca.crt">${get}</a></p>${comparison(texts)}${list(how[platform])}${screen(texts, TRUST_SCREEN[platform])}`;
}

/** What is left once the bundle is there, on a page that has nothing else: for who has not trusted the house before, that as well. */
export function everyRemainingStep(texts: Texts, device: Device): Html {
  const { platform, hasOwnCertificate } = device;
  const late =
    hasOwnCertificate || isTrustedLater(platform)
      ? html``
      : html`<details class="step"><summary>${texts.trust.later}</summary>${trustStep(texts, platform)}</details>`;
  return html`${steps(remainingSteps(texts, device))}${late}`;
}

/** What is left once the bundle is there. */
export function remainingSteps(texts: Texts, { platform, hasOwnCertificate, checkUrl }: Device): Html[] {
  const open = openStep(texts, platform, checkUrl);
  if (!isTrustedLater(platform)) return [installStep(texts, platform), open];
  const { heading, how, install, installHow, switch: switchOn } = texts.profile;
  const look = html`<h2>${heading}</h2>${list(how)}${screen(texts, "profile")}${screen(texts, "details")}${comparison(texts)}`;
  const put = html`<h2>${install}</h2>${list(installHow)}`;
  const trust = html`<h2>${switchOn}</h2>${list(texts.trust.how.iphone)}${screen(texts, "trustSwitch")}`;
  return hasOwnCertificate ? [put, open] : [look, put, trust, open];
}

function comparison({ trust }: Texts): Html {
  return html`<div class="caution"><strong>${trust.compareHeading}</strong><p>${trust.compare}</p><p>${trust.stop}</p></div>`;
}

function installStep(texts: Texts, platform: Platform): Html {
  return html`<h2>${texts.install.heading}</h2>${list(texts.install.how[platform])}${screen(texts, INSTALL_SCREEN[platform])}`;
}

function openStep({ open, check, language }: Texts, platform: Platform, checkUrl: string | undefined): Html {
  // The Home Assistant app keeps its key to itself: no browser could show it.
  const isTried = checkUrl !== undefined && platform !== "iphone-app";
  const trial = isTried
    ? html`<p><a class="button quiet" href="${checkUrl}?lang=${language}" target="_blank" rel="noopener">${check.link}</a></p>`
    : html``;
  return html`<h2>${open.heading}</h2>${trial}<p>${open.text}</p><p class="fine"><a href="/leave?platform=${platform}&lang=${language}">${open.leave}</a></p>`;
}

function screen(texts: Texts, name: ScreenName | undefined): Html {
  return name === undefined ? html`` : picture(texts.screens[name]);
}
