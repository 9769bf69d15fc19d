import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { CATALOGUES } from "../../services/enrollment/page/texts.js";
import { PLATFORMS } from "../../services/enrollment/platform.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startChromium, type TestBrowser } from "../support/chromium.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { keepPicture } from "../support/picture.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const NARROW = { width: 320, height: 640 };

let world: TestAuthority;
let house: TestEnrollment;
let origin: string;
/** Where a key is tried. */
let devices: string;
before(async () => {
  world = await startTestAuthority();
  house = await startTestEnrollment(world, { devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
  origin = `https://localhost:${house.service.address.split(":").at(-1)}`;
  devices = `https://localhost:${house.service.devices.split(":").at(-1)}`;
});
after(async () => {
  await house.stop();
  await world.stop();
});

/** Every state that a person can see: the invitation, the bundle that waits, an invitation that is over, how to leave, and a trial without a key. */
async function everyPage(platform: string, language: string): Promise<Record<string, string>> {
  const suffix = `?platform=${platform}&lang=${language}`;
  const { token } = await house.invite(`${platform} ${language}`);
  const [, formToken = ""] = /name="formToken" value="([^"]+)"/.exec((await house.ask(`/i/${token}`)).text) ?? [];
  const { token: waiting } = await house.invite(`${platform} ${language} waiting`);
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  const posted = await house.ask(`/i/${token}${suffix}`, {
    method: "POST",
    headers,
    body: new URLSearchParams({ formToken, platform }).toString(),
  });
  assert.equal(posted.status, 303);
  return {
    invitation: `${origin}/i/${waiting}${suffix}`,
    ready: origin + String(posted.headers.location),
    ended: `${origin}/i/${token}${suffix}`,
    leave: `${origin}/leave${suffix}`,
    check: `${devices}/?lang=${language}`,
  };
}

async function violationsOf(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, "utf8"));
  const { violations } = (await page.evaluate("axe.run()")) as { violations: { id: string; nodes: { html: string }[] }[] };
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

const widthOf = (page: Page) => page.evaluate("document.documentElement.scrollWidth") as Promise<number>;

for (const colorScheme of ["light", "dark"] as const) {
  test(`every page of every platform, ${colorScheme}: accessible, 320 px wide, at 200 % text, with nothing from elsewhere`, async () => {
    // axe needs to be put into the page, which the page's own policy would refuse; that policy is tested apart.
    const browser = await startChromium({ ignoreHTTPSErrors: true, colorScheme, viewport: NARROW, bypassCSP: true });
    try {
      const page = await browser.context.newPage();
      const asked = new Set<string>();
      page.on("request", (request) => asked.add(new URL(request.url()).origin));
      for (const [at, platform] of PLATFORMS.entries()) {
        const { language = "en" } = CATALOGUES[(at + (colorScheme === "dark" ? 2 : 0)) % CATALOGUES.length] ?? {};
        for (const [state, address] of Object.entries(await everyPage(platform, language))) {
          await page.goto(address);
          const where = `${state}, ${platform}, ${language}`;
          assert.equal(await page.getAttribute("html", "lang"), language, where);
          assert.deepEqual(await violationsOf(page), [], where);
          assert.ok((await widthOf(page)) <= NARROW.width, `${where} scrolls sideways`);
          await keepPicture(page, `${state}-${platform}-${colorScheme}`);
          await page.evaluate("document.documentElement.style.fontSize = '200%'");
          assert.ok((await widthOf(page)) <= NARROW.width, `${where} scrolls sideways at 200 % text`);
        }
      }
      assert.deepEqual([...asked], [origin, devices]);
    } finally {
      await browser.close();
    }
  });
}

async function withPage(options: Parameters<typeof startChromium>[0], work: (page: Page, browser: TestBrowser) => Promise<void>) {
  const browser = await startChromium({ ignoreHTTPSErrors: true, acceptDownloads: true, ...options });
  try {
    await work(await browser.context.newPage(), browser);
  } finally {
    await browser.close();
  }
}

test("under its own strict policy the page is whole, and a page for an invitation that is over says what to do", async () => {
  const { token } = await house.invite("strict policy");
  await withPage({}, async (page) => {
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`${origin}/i/${token}`);
    assert.equal(await page.evaluate("getComputedStyle(document.querySelector('.step')).borderTopStyle"), "solid");
    assert.deepEqual(complaints, []);
    await house.enroll({ token });
    const over = await page.goto(`${origin}/i/${token}`);
    assert.equal(over?.status(), 410);
    assert.match((await page.textContent("main")) ?? "", /new invitation/);
  });
});

test("by the keyboard alone a person gets from the address to the saved key", async () => {
  const { token, passphrase } = await house.invite("Keyboard");
  await withPage({}, async (page) => {
    await page.goto(`${origin}/i/${token}?platform=linux`);
    for (let tabs = 0; tabs < 10; tabs++) {
      await page.keyboard.press("Tab");
      if ((await page.evaluate("document.activeElement?.getAttribute('name')")) === "passphrase") break;
    }
    await page.keyboard.type(passphrase);
    await page.keyboard.press("Enter");
    await page.locator("#own-key-file:focus").waitFor();
    const waiting = page.waitForEvent("download");
    await page.keyboard.press("Enter");
    assert.equal((await waiting).suggestedFilename(), "Keyboard.p12");
    assert.match((await page.textContent("#own-key-ready")) ?? "", /Open the house/);
  });
});

test("an iPhone's person has every step before them when the key is there: compare, install, trust, open", async () => {
  const { token } = await house.invite("Every step");
  await withPage({ javaScriptEnabled: false }, async (page) => {
    await page.goto(`${origin}/i/${token}?platform=iphone&lang=en`);
    assert.deepEqual(await page.locator("#before .step h2").allTextContents(), ["Get this device’s key"]);
    await page.getByRole("button", { name: "Get the key for this device" }).click();
    const headings = ["Look at the profile, and compare", "Install the profile", "Switch the trust on", "Open the house"];
    assert.deepEqual(await page.locator(".step h2").allTextContents(), headings);
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a passphrase that is wrong is told accessibly, ${colorScheme}; a command breaks within no word`, async () => {
    const { token } = await house.invite(`Told ${colorScheme}`);
    await withPage({ colorScheme, viewport: NARROW, bypassCSP: true }, async (page) => {
      await page.goto(`${origin}/i/${token}?platform=linux`);
      const broken =
        "[...document.querySelectorAll('code span')].filter((word) => word.getClientRects().length !== 1 || word.offsetHeight > 40)";
      assert.equal(await page.evaluate(`${broken}.length`), 0);
      await page.click("#own-key button");
      await page.locator("#own-key .problem").waitFor();
      assert.deepEqual(await violationsOf(page), []);
      await keepPicture(page, `problem-${colorScheme}`);
    });
  });
}

test("where nothing moves by a person's wish, nothing moves", async () => {
  const { token } = await house.invite("Still");
  const animation = "getComputedStyle(document.querySelector('.finger')).animationName";
  for (const [reducedMotion, name] of [
    ["reduce", "none"],
    ["no-preference", "tap"],
  ] as const) {
    await withPage({ reducedMotion }, async (page) => {
      await page.goto(`${origin}/i/${token}?platform=android`);
      assert.equal(await page.evaluate(animation), name);
    });
  }
});

test("inside an app the page says to leave it, and copies its address", async () => {
  const { token } = await house.invite("In an app");
  const userAgent =
    "Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.0.0 Mobile";
  await withPage({ userAgent, permissions: ["clipboard-read", "clipboard-write"] }, async (page) => {
    await page.goto(`${origin}/i/${token}`);
    await page.click("#in-app button");
    await page.locator("#in-app [role=status]").filter({ hasText: "Copied" }).waitFor();
    assert.equal(await page.evaluate("navigator.clipboard.readText()"), `${origin}/i/${token}`);
  });
});
