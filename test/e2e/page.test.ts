import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startChromium } from "../support/chromium.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const AGENTS = {
  iphone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
  android: "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
  windows: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
};

const NAMES: Record<string, string> = { iphone: "Anna’s iPhone", android: "Ben’s phone", windows: "The laptop" };

let world: TestAuthority;
let house: TestEnrollment;
let port: string;
before(async () => {
  world = await startTestAuthority();
  house = await startTestEnrollment(world);
  port = house.service.address.split(":").at(-1) ?? "";
});
after(async () => {
  await house.stop();
  await world.stop();
});

for (const [platform, userAgent] of Object.entries(AGENTS)) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`the page for ${platform}, ${colorScheme}: accessible, narrow, with nothing from elsewhere`, async () => {
      const { token } = await house.invite(NAMES[platform] ?? platform);
      // axe needs to be put into the page, which the page's own policy would refuse; that policy is tested apart.
      const browser = await startChromium({
        ignoreHTTPSErrors: true,
        colorScheme,
        userAgent,
        viewport: { width: 320, height: 640 },
        bypassCSP: true,
      });
      try {
        const page = await browser.context.newPage();
        const asked: string[] = [];
        const complaints: string[] = [];
        page.on("request", (request) => asked.push(new URL(request.url()).host));
        page.on("console", (message) => complaints.push(message.text()));
        await page.goto(`https://localhost:${port}/i/${token}`);
        assert.deepEqual([...new Set(asked)], [`localhost:${port}`]);
        assert.deepEqual(complaints, []);
        assert.ok(((await page.evaluate("document.documentElement.scrollWidth")) as number) <= 320, "it scrolls sideways at 320 px");
        await page.evaluate(await readFile(AXE, "utf8"));
        const { violations } = (await page.evaluate("axe.run()")) as { violations: { id: string; nodes: { html: string }[] }[] };
        assert.deepEqual(
          violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
          [],
        );
        const folder = process.env.LATCHKEY_SCREENSHOTS;
        if (folder !== undefined) await page.setViewportSize({ width: platform === "windows" ? 900 : 390, height: 844 });
        if (folder !== undefined) await page.screenshot({ path: `${folder}/page-${platform}-${colorScheme}.png` });
      } finally {
        await browser.close();
      }
    });
  }
}

test("under its own strict policy the page is whole, and a page for an invitation that is over says what to do", async () => {
  const { token } = await house.invite("strict policy");
  const browser = await startChromium({ ignoreHTTPSErrors: true });
  try {
    const page = await browser.context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    await page.goto(`https://localhost:${port}/i/${token}`);
    assert.equal(await page.evaluate("getComputedStyle(document.querySelector('.step')).borderTopStyle"), "solid");
    assert.deepEqual(complaints, []);
    await house.enroll({ token });
    const over = await page.goto(`https://localhost:${port}/i/${token}`);
    assert.equal(over?.status(), 410);
    assert.match((await page.textContent("main")) ?? "", /new invitation/);
  } finally {
    await browser.close();
  }
});
