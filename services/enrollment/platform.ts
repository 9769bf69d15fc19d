import type { BundleFormat } from "./bundle/formats.js";

/** The kinds of device that the page has words for. */
export const PLATFORMS = ["iphone", "android", "mac", "windows", "linux", "other"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** What each one opens, whatever its version. */
export const FORMAT_OF: Readonly<Record<Platform, BundleFormat>> = {
  iphone: "mobileconfig",
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
