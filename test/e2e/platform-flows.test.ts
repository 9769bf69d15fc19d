import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { launchChromium } from "../support/chromium.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";

/** A browser of each kind of device, and what its owner gets. */
const DEVICES = [
  {
    name: "iPhone",
    userAgent:
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    file: "mobileconfig",
    step: /Install the profile/,
  },
  {
    name: "Android",
    userAgent: "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    file: "p12",
    step: /VPN & app user certificate/,
  },
  {
    name: "Mac",
    userAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    file: "p12",
    step: /Keychain Access/,
  },
  {
    name: "Windows",
    userAgent:
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
    file: "p12",
    step: /Current User/,
  },
  {
    name: "Linux",
    userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    file: "p12",
    step: /Your certificates/,
  },
  { name: "Fridge", userAgent: "FridgeOS/1.0", file: "p12", step: /client certificate/ },
] as const;

let world: TestAuthority;
let house: TestEnrollment;
let folder: string;
let origin: string;
let browser: Browser;
before(async () => {
  browser = await launchChromium();
  folder = await mkdtemp(join(tmpdir(), "latchkey-flows-"));
  world = await startTestAuthority();
  house = await startTestEnrollment(world, { devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
  origin = `https://localhost:${house.service.address.split(":").at(-1)}`;
});
after(async () => {
  await browser.close();
  await house.stop();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the person does where the key is made in the page. */
async function withOwnKey(page: Page, passphrase: string): Promise<void> {
  await page.fill("#own-key input[name=passphrase]", passphrase);
  await page.click("#own-key button");
  await page.locator("#own-key-file, main a.button[download]").first().waitFor();
}

async function withForm(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Get the key for this device" }).click();
}

async function save(page: Page, path: string): Promise<string> {
  const waiting = page.waitForEvent("download");
  await page.locator("#own-key-file, main a.button[download]").locator("visible=true").first().click();
  const download = await waiting;
  await download.saveAs(path);
  return download.suggestedFilename();
}

/** The subject of the certificate whose key opens with the passphrase, by OpenSSL. */
async function subjectIn(path: string, kind: "mobileconfig" | "p12", passphrase: string): Promise<string> {
  let pkcs12 = await readFile(path);
  if (kind === "mobileconfig") {
    const [, data = ""] = /<data>([A-Za-z0-9+/=\s]+)<\/data>/.exec(pkcs12.toString()) ?? [];
    pkcs12 = Buffer.from(data, "base64");
  }
  const args = ["pkcs12", "-legacy", "-passin", `pass:${passphrase}`, "-nodes"];
  const opened = execFileSync("openssl", args, { input: pkcs12, stdio: ["pipe", "pipe", "ignore"] });
  assert.match(opened.toString(), /BEGIN PRIVATE KEY/);
  return execFileSync("openssl", ["x509", "-noout", "-subject"], { input: opened }).toString();
}

for (const javaScriptEnabled of [true, false]) {
  test(`every kind of device, by its own browser, ${javaScriptEnabled ? "with a key made in the page" : "without JavaScript"}`, async (t) => {
    for (const { name, userAgent, file, step } of DEVICES) {
      await t.test(name, async () => {
        const deviceName = `${name} ${javaScriptEnabled ? "by itself" : "by the service"}`;
        const { token, passphrase } = await house.invite(deviceName);
        const context = await browser.newContext({ ignoreHTTPSErrors: true, acceptDownloads: true, userAgent, javaScriptEnabled });
        try {
          const page = await context.newPage();
          await page.goto(`${origin}/i/${token}`);
          assert.match((await page.textContent("h1")) ?? "", new RegExp(deviceName));
          await (javaScriptEnabled ? withOwnKey(page, passphrase) : withForm(page));
          const path = join(folder, `${name}-${javaScriptEnabled}`);
          assert.match(await save(page, path), new RegExp(`\\.${file}$`));
          assert.match((await page.textContent("main")) ?? "", step);
          assert.ok((await page.getByRole("link", { name: /Did it work/ }).count()) > 0, "the last step tries the key");
          assert.match(await subjectIn(path, file, passphrase), new RegExp(deviceName));
        } finally {
          await context.close();
        }
      });
    }
  });
}
