import assert from "node:assert/strict";
import { test } from "node:test";
import { guessPlatform, isInAppBrowser } from "../../../services/enrollment/platform.js";

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const AGENTS = [
  ["Safari on an iPhone", `${IPHONE} Version/18.5 Mobile/15E148 Safari/604.1`, "iphone", false],
  ["Chrome on an iPhone", `${IPHONE} CriOS/140.0 Mobile/15E148 Safari/604.1`, "iphone", false],
  ["a web view on an iPhone", `${IPHONE} Mobile/15E148`, "iphone", true],
  ["Instagram on an iPhone", `${IPHONE} Mobile/15E148 Instagram 380.0`, "iphone", true],
  ["Chrome on Android", "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "android", false],
  [
    "a web view on Android",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 Version/4.0 Chrome/140.0 Mobile",
    "android",
    true,
  ],
  [
    "Facebook on Android",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/500]",
    "android",
    true,
  ],
  ["Safari on a Mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605.1.15", "mac", false],
  [
    "Edge on Windows",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
    "windows",
    false,
  ],
  ["Firefox on Linux", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "linux", false],
  ["curl", "curl/8.0", "other", false],
] as const;

for (const [name, agent, platform, inApp] of AGENTS) {
  test(`${name} is guessed as ${platform}${inApp ? ", inside an app" : ""}`, () => {
    assert.deepEqual([guessPlatform(agent), isInAppBrowser(agent)], [platform, inApp]);
  });
}

test("who says nothing is something else", () => {
  assert.deepEqual([guessPlatform(undefined), isInAppBrowser(undefined)], ["other", false]);
});
