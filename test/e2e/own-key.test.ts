import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page, Route } from "playwright-core";
import { call } from "../../clients/connect/connect.js";
import { ListCertificatesRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { newHome, startChromium, type TestBrowser } from "../support/chromium.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
const BUTTON = "#own-key button";

let world: TestAuthority;
let house: TestEnrollment;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-own-key-"));
  world = await startTestAuthority();
  house = await startTestEnrollment(world, { devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
});
after(async () => {
  await house.stop();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A phone's browser on the page of a new invitation; what it sends is written down. */
async function open(deviceName: string, options: Parameters<typeof startChromium>[0] = {}, at = house, home?: string) {
  const { token, passphrase } = await at.invite(deviceName);
  const browser = await startChromium({ ignoreHTTPSErrors: true, acceptDownloads: true, ...options }, home);
  const page = await browser.context.newPage();
  const sent: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => sent.push(`${request.method()} ${request.url()} ${request.postData() ?? ""}`));
  page.on("console", (message) => {
    // What the browser itself says of an answer that is no success is no complaint of the page's.
    if (!message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  const link = `https://localhost:${at.service.address.split(":").at(-1)}/i/${token}`;
  await page.goto(link);
  return { browser, page, token, link, passphrase, sent, complaints };
}

async function enrollWith(page: Page, passphrase: string): Promise<void> {
  await page.fill("#own-key input[name=passphrase]", passphrase);
  await page.click(BUTTON);
}

const say = (page: Page, words: RegExp) => page.locator("#own-key [role=status]").filter({ hasText: words }).waitFor();

async function saveBundle(page: Page, file: string): Promise<string> {
  await page.locator("#own-key-file").waitFor();
  const waiting = page.waitForEvent("download");
  await page.click("#own-key-file");
  const download = await waiting;
  await download.saveAs(file);
  return download.suggestedFilename();
}

function subjectOf(file: string, passphrase: string): string {
  const keyAndCertificate = execFileSync("openssl", ["pkcs12", "-in", file, "-passin", `pass:${passphrase}`, "-nodes"], { stdio: "pipe" });
  assert.match(keyAndCertificate.toString(), /BEGIN PRIVATE KEY/);
  return execFileSync("openssl", ["x509", "-noout", "-subject"], { input: keyAndCertificate }).toString();
}

const certificatesOf = async (deviceName: string) => {
  const filter = `device_name = "${deviceName}"`;
  return (await call(world.connection.certificates, "listCertificates", ListCertificatesRequest.create({ filter }))).certificates;
};

async function closing(browser: TestBrowser, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } finally {
    await browser.close();
  }
}

for (const format of ["pkcs12-compatible", "pkcs12"] as const) {
  test(`the key is made and packed (${format}) in the page: neither it nor the passphrase is ever sent`, async () => {
    const name = `Laptop ${format}`;
    const { browser, page, passphrase, sent, complaints } = await open(name);
    await closing(browser, async () => {
      await page.evaluate(`document.querySelector("#own-key select[name=format]").value = "${format}"`);
      // As a phone's keyboard writes it.
      await enrollWith(page, passphrase.toUpperCase().replaceAll("-", " "));
      const file = join(folder, `${format}.p12`);
      await page.locator("#own-key-file").waitFor();
      // The link is used up: nothing says any more that it works once, and no switch leads away from the only copy of the key.
      assert.deepEqual([await page.isHidden("#unused"), await page.isHidden("footer")], [true, true]);
      assert.equal(await saveBundle(page, file), `Laptop-${format}.p12`);
      assert.match(subjectOf(file, passphrase), new RegExp(name));
      // A click is no saved file: the key stays in this tab, sealed.
      const kept = String(await page.evaluate("JSON.stringify(sessionStorage)"));
      assert.match(kept, /"sealed/);
      const all = sent.join("\n") + kept;
      const pkcs8 = execFileSync("openssl", ["pkcs12", "-in", file, "-passin", `pass:${passphrase}`, "-nodes", "-nocerts"], {
        stdio: "pipe",
      });
      const der = execFileSync("openssl", ["pkcs8", "-topk8", "-nocrypt", "-outform", "der"], { input: pkcs8 });
      for (const secret of [passphrase, passphrase.replaceAll("-", ""), der.toString("base64"), der.toString("hex")]) {
        assert.ok(!all.includes(secret));
      }
      assert.match(all, /"csr":"[^"]+","proof":"[^"]+"/);
      assert.deepEqual(complaints, []);
    });
  });
}

test("an iPhone's profile is packed in the page, handed over encrypted, and comes back by a navigation", async () => {
  const { browser, page, passphrase } = await open("Anna’s iPhone", { userAgent: IPHONE });
  await closing(browser, async () => {
    await enrollWith(page, passphrase);
    await page.waitForURL(/\/d\/[\w-]{22}\?platform=iphone/);
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: /^Download/ }).click();
    const file = join(folder, "phone.mobileconfig");
    await (await waiting).saveAs(file);
    const script =
      "import plistlib,sys; p=plistlib.load(open(sys.argv[1],'rb')); open(sys.argv[2],'wb').write([c for c in p['PayloadContent'] if c['PayloadType']=='com.apple.security.pkcs12'][0]['PayloadContent']); print([c['PayloadType'] for c in p['PayloadContent']])";
    const types = execFileSync("python3", ["-c", script, file, join(folder, "profile.p12")]).toString();
    assert.equal(types.trim(), "['com.apple.security.pkcs12', 'com.apple.security.root']");
    assert.match(subjectOf(join(folder, "profile.p12"), passphrase), /iPhone/);
    assert.ok(!(await readFile(file, "utf8")).includes(passphrase));
  });
});

test("a wrong passphrase says so and uses nothing up; the right one then works; five wrong ones end the invitation", async () => {
  const { browser, page, passphrase } = await open("Typing");
  await closing(browser, async () => {
    const marks = async () => [
      await page.getAttribute("#own-key input", "aria-invalid"),
      await page.locator("#own-key .problem").count(),
      await page.evaluate("document.activeElement?.getAttribute('name')"),
    ];
    await enrollWith(page, "");
    await say(page, /Type the passphrase first/);
    assert.deepEqual(await marks(), ["true", 1, "passphrase"]);
    await enrollWith(page, "short");
    await say(page, /not the passphrase/);
    assert.deepEqual(await marks(), ["true", 1, "passphrase"]);
    await enrollWith(page, "aaaa-aaaa-aaaa-aaaa");
    await say(page, /not the passphrase/);
    assert.deepEqual(await certificatesOf("Typing"), []);
    await enrollWith(page, passphrase);
    await saveBundle(page, join(folder, "typing.p12"));
  });
  const locked = await open("Guessing");
  await closing(locked.browser, async () => {
    for (let guess = 0; guess < 4; guess++) {
      await enrollWith(locked.page, "aaaa-aaaa-aaaa-aaaa");
      await locked.page.locator(`${BUTTON}:enabled`).waitFor();
    }
    await enrollWith(locked.page, "aaaa-aaaa-aaaa-aaaa");
    await say(locked.page, /has ended/);
    for (const gone of ["#own-key input", BUTTON, "#unused", "#once"]) assert.equal(await locked.page.isHidden(gone), true, gone);
  });
});

test("the answer is lost on the way, again and again: the same button goes on, and there is one certificate", async () => {
  const { browser, page, passphrase } = await open("Lossy");
  await closing(browser, async () => {
    let losses = 0;
    await page.route("**/api/v1/enrollments", async (route) => {
      await route.fetch();
      losses += 1;
      if (losses <= 6) await route.abort("connectionreset");
      else await route.continue();
    });
    await enrollWith(page, passphrase);
    await say(page, /Nothing is lost/);
    assert.equal(losses, 5);
    await page.click(BUTTON);
    await saveBundle(page, join(folder, "lossy.p12"));
    assert.match(subjectOf(join(folder, "lossy.p12"), passphrase), /Lossy/);
    assert.equal((await certificatesOf("Lossy")).length, 1);
  });
});

test("a typo while the CA is away does not make the right passphrase wrong afterwards", async () => {
  const { browser, page, passphrase } = await open("Away");
  await closing(browser, async () => {
    await page.route("**/api/v1/enrollments", (route) => route.fulfill({ status: 503 }));
    await enrollWith(page, "aaaa-aaaa-aaaa-aaaa");
    await say(page, /Nothing is lost/);
    await page.unroute("**/api/v1/enrollments");
    await enrollWith(page, passphrase);
    await saveBundle(page, join(folder, "away.p12"));
    assert.match(subjectOf(join(folder, "away.p12"), passphrase), /Away/);
    assert.equal((await certificatesOf("Away")).length, 1);
  });
});

test("a page whose invitation another device has used says so, and goes on saying so when it is loaded again", async () => {
  const { browser, page, token, passphrase } = await open("Forestalled");
  await closing(browser, async () => {
    assert.equal((await house.enroll({ token })).status, 201);
    await enrollWith(page, passphrase);
    await say(page, /used on another device/);
    await page.reload();
    assert.match((await page.locator("h1:visible").textContent()) ?? "", /has been used/);
    assert.equal(await page.isHidden("#own-key"), true);
  });
});

test("a page that is loaded again after the invitation was used, and before the bundle was saved, goes on with the passphrase", async () => {
  const { browser, page, link, passphrase } = await open("Reloaded");
  await closing(browser, async () => {
    await enrollWith(page, passphrase);
    await page.locator("#own-key-file").waitFor();
    await page.reload();
    await page.locator("#own-key:not([hidden])").waitFor();
    assert.match((await page.locator("h1:visible").textContent()) ?? "", /waits here/);
    assert.equal(await page.textContent(BUTTON), "Get the key again");
    assert.match((await page.textContent("#own-key")) ?? "", /Without it nobody can open the key: ask .* for a new invitation/);
    assert.deepEqual([await page.isHidden("#ended"), await page.isHidden("#next")], [true, true]);
    await enrollWith(page, "aaaa-aaaa-aaaa-aaaa");
    await say(page, /not the passphrase/);
    await enrollWith(page, passphrase);
    await saveBundle(page, join(folder, "reloaded.p12"));
    assert.match(subjectOf(join(folder, "reloaded.p12"), passphrase), /Reloaded/);
    assert.equal((await certificatesOf("Reloaded")).length, 1);
    // What was saved may be lost (a download that was canceled, a file that was deleted): the tab still has it, and no other one has.
    await page.reload();
    await enrollWith(page, passphrase);
    await saveBundle(page, join(folder, "again.p12"));
    assert.match(subjectOf(join(folder, "again.p12"), passphrase), /Reloaded/);
    const other = await browser.context.newPage();
    await other.goto(link);
    assert.equal(await other.isHidden("#own-key"), true);
    assert.match((await other.locator("h1:visible").textContent()) ?? "", /has been used/);
  });
});

test("a page that goes on has the steps of the device that the key was made for: trust, install, try", async () => {
  const { browser, page, link, passphrase } = await open("Other device");
  await closing(browser, async () => {
    await page.goto(`${link}?platform=android&lang=de`);
    await enrollWith(page, passphrase);
    await page.locator("#own-key-file").waitFor();
    await page.goto(link);
    await page.locator("#own-key:not([hidden])").waitFor();
    assert.match(page.url(), /platform=android/);
    await enrollWith(page, passphrase);
    await page.locator("#own-key-file").waitFor();
    const ready = page.locator("#own-key-ready");
    assert.match((await ready.locator(".step").first().textContent()) ?? "", /VPN & app user certificate/);
    assert.equal(await ready.getByRole("link", { name: "Did it work? Try the key" }).count(), 1);
    await ready.getByText("Have you trusted the house on this device?").click();
    assert.equal(await ready.getByRole("link", { name: "Get the house’s root certificate" }).isVisible(), true);
  });
});

test("a service that restarts before the profile was fetched costs nothing: the invitation's page in that tab gives it again", async () => {
  let serving = await startTestEnrollment(world);
  const { browser, page, link, passphrase } = await open("Restarted", { userAgent: IPHONE }, serving);
  try {
    await closing(browser, async () => {
      await enrollWith(page, passphrase);
      await page.waitForURL(/\/d\//);
      const { address } = serving.service;
      await serving.stop();
      serving = await startTestEnrollment(world, { listen: address });
      assert.equal((await page.reload())?.status(), 410);
      await page.goto(link);
      await enrollWith(page, passphrase);
      await page.waitForURL(/\/d\//);
      const waiting = page.waitForEvent("download");
      await page.getByRole("link", { name: /^Download/ }).click();
      await (await waiting).saveAs(join(folder, "restarted.mobileconfig"));
      assert.match(await readFile(join(folder, "restarted.mobileconfig"), "utf8"), /com\.apple\.security\.pkcs12/);
      assert.equal((await certificatesOf("Restarted")).length, 1);
    });
  } finally {
    await serving.stop();
  }
});

test("a profile whose upload came too late is no alarm: the same button hands it over again", async () => {
  let serving = await startTestEnrollment(world);
  const { browser, page, passphrase } = await open("Late", { userAgent: IPHONE }, serving);
  try {
    await closing(browser, async () => {
      const restart = async (route: Route) => {
        const { address } = serving.service;
        await serving.stop();
        serving = await startTestEnrollment(world, { listen: address });
        await route.continue();
      };
      await page.route("**/api/v1/downloads", restart, { times: 1 });
      await enrollWith(page, passphrase);
      await say(page, /took too long. Nothing is lost/);
      await page.click(BUTTON);
      await page.waitForURL(/\/d\//);
      assert.equal((await certificatesOf("Late")).length, 1);
    });
  } finally {
    await serving.stop();
  }
});

test("a browser that blocks the storage of pages keeps the plain form, and gets its bundle by it", async () => {
  const home = newHome();
  await mkdir(join(home, "profile", "Default"), { recursive: true });
  // As "Block all cookies" in Chromium's settings writes it: reading `sessionStorage` throws.
  const block = { profile: { default_content_setting_values: { cookies: 2 } } };
  await writeFile(join(home, "profile", "Default", "Preferences"), JSON.stringify(block));
  const { browser, page, passphrase, complaints } = await open("Blocking", {}, house, home);
  await closing(browser, async () => {
    await assert.rejects(page.evaluate("sessionStorage.length"), /Access is denied/);
    assert.deepEqual([await page.isVisible("#plain"), await page.isVisible("#own-key")], [true, false]);
    await page.click("#plain button");
    await page.waitForURL(/\/d\//);
    const waiting = page.waitForEvent("download");
    await page.getByRole("link", { name: /^Download/ }).click();
    await (await waiting).saveAs(join(folder, "blocking.p12"));
    assert.match(subjectOf(join(folder, "blocking.p12"), passphrase), /Blocking/);
    assert.deepEqual(complaints, []);
  });
});

test("the plain form sent twice, at once or later, gives one bundle; of another view of the page it gets none", async () => {
  const { token, passphrase } = await house.invite("Double");
  const view = async () => (/name="formToken" value="([^"]+)"/.exec((await house.ask(`/i/${token}`)).text) ?? [])[1] ?? "";
  const [mine, another] = [await view(), await view()];
  const send = (formToken: string) =>
    house.ask(`/i/${token}`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ formToken, platform: "linux" }).toString(),
    });
  const answers = [...(await Promise.all([send(mine), send(mine)])), await send(mine)];
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [303]);
  const [location, ...others] = [...new Set(answers.map(({ headers }) => String(headers.location)))];
  assert.deepEqual(others, []);
  assert.equal((await send(another)).status, 410);
  const bundle = await house.ask(`${location?.split("?")[0]}?file=1`);
  await writeFile(join(folder, "double.p12"), bundle.body);
  assert.match(subjectOf(join(folder, "double.p12"), passphrase), /Double/);
});
