import type { BundleFormat } from "./bundle/formats.js";

/** The kinds of device that the page has words for. */
export const PLATFORMS = ["iphone", "iphone-app", "android", "mac", "windows", "linux", "other"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What each one opens, whatever its version. */
export const FORMAT_OF: Readonly<Record<Platform, BundleFormat>> = {
  iphone: "mobileconfig",
  // The Home Assistant app imports a file, and no profile.
  "iphone-app": "pkcs12-compatible",
  android: "pkcs12-compatible",
  mac: "pkcs12-compatible",
  windows: "pkcs12-compatible",
  linux: "pkcs12-compatible",
  other: "pkcs12-compatible",
};

/** A guess, which the person can change. An iPad calls itself a Mac: nothing in the header tells them apart. */
export function guessPlatform(userAgent: string | undefined): Platform {
  const agent = userAgent ?? "";
  if (/iPhone|iPad|iPod/.test(agent)) return "iphone";
  if (/Android/.test(agent)) return "android";
  if (/Macintosh|Mac OS X/.test(agent)) return "mac";
  if (/Windows/.test(agent)) return "windows";
  if (/Linux|X11|CrOS/.test(agent)) return "linux";
  return "other";
}

export function parsePlatform(text: unknown): Platform | undefined {
  return PLATFORMS.find((known) => known === text);
}

/** Browsers inside apps (chats, cameras, social networks), and WebViews of Android and iOS as such: none of them installs anything. */
const IN_APP =
  /FBAN|FBAV|FB_IAB|Instagram|Line\/|MicroMessenger|Snapchat|Twitter|TikTok|musical_ly|BytedanceWebview|LinkedInApp|Pinterest|WhatsApp|GSA\/|; wv\)/;

/** Is this a browser inside an app? What can be recognised; some hide it. */
export function isInAppBrowser(userAgent: string | undefined): boolean {
  const agent = userAgent ?? "";
  // Safari, and every browser of its own on iOS, says “Safari/”; a web view says nothing.
  return IN_APP.test(agent) || (/iPhone|iPad|iPod/.test(agent) && /AppleWebKit/.test(agent) && !/Safari\//.test(agent));
}
