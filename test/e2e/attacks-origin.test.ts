import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { type AttackedHouse, type Guest, startAttackedHouse, testBothPorts } from "../support/attacked.js";
import { chooseCertificateFor, startChromium, type TestBrowser } from "../support/chromium.js";

/** What another site can do in the browser of a person who has a link that is open, or a device's certificate: to both ports of the real service. */
let house: AttackedHouse;
before(async () => {
  house = await startAttackedHouse();
});
after(() => house.stop());

/** What a page of somebody else's does. */
const ATTACKS = `
const { house, page, path, wish } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const form = (target) => {
  const one = Object.assign(document.createElement("form"), { method: "POST", action: house + page, target });
  for (const [name, value] of [["formToken", "x".repeat(65)], ["format", "pem"]]) one.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(one);
  one.submit();
};
const body = JSON.stringify(wish);
const told = (work) => work.then((answer) => answer.type + " " + answer.status, (error) => error.name);
const loads = (tag, path, attribute) => new Promise((resolve) => {
  const one = document.createElement(tag);
  one.onload = () => resolve("loaded");
  one.onerror = () => resolve("refused");
  one[attribute] = house + path;
  if (tag === "link") one.rel = "stylesheet";
  document.body.append(one);
});
globalThis.attack = async () => {
  const frame = (name) => document.body.appendChild(Object.assign(document.createElement("iframe"), { name }));
  const posted = frame("posted"), framed = frame("framed");
  form("posted");
  framed.src = house + page;
  const opened = globalThis.open(house + page);
  const results = {
    simple: await told(fetch(house + path, { method: "POST", mode: "no-cors", credentials: "include", body })),
    beacon: navigator.sendBeacon(house + path, new Blob([body], { type: "text/plain" })),
    preflighted: await told(fetch(house + path, { method: "POST", credentials: "include", headers: { "Content-Type": "application/json" }, body })),
    read: await told(fetch(house + page, { credentials: "include" })),
    opaque: await told(fetch(house + page, { mode: "no-cors", credentials: "include" })),
    script: await loads("script", "/enroll.js", "src"),
    style: await loads("link", "/style.css", "href"),
    image: await loads("img", page, "src"),
  };
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const reach = (look) => {
    try {
      return String(look() ?? "out of reach");
    } catch (error) {
      return error.name;
    }
  };
  return {
    ...results,
    opened: opened === null ? "blocked" : reach(() => opened.document?.body.innerHTML.length),
    posted: reach(() => posted.contentDocument?.body.innerHTML.length),
    framed: reach(() => framed.contentDocument?.body.innerHTML.length),
  };
};
`;

/** The browser of a person whose device has the guest's certificate, if there is one. */
async function startBrowser(origin: string, { identity }: Guest): Promise<TestBrowser> {
  const undo = chooseCertificateFor(origin);
  const browser = await startChromium({ ignoreHTTPSErrors: true });
  if (identity !== undefined) {
    const folder = await mkdtemp(join(tmpdir(), "latchkey-device-"));
    const file = join(folder, "device");
    await writeFile(`${file}.pem`, `${identity.certificate}${identity.key}`);
    execFileSync("openssl", ["pkcs12", "-export", "-in", `${file}.pem`, "-out", `${file}.p12`, "-passout", "pass:device"]);
    browser.importBundle(`${file}.p12`, "device");
    await rm(folder, { recursive: true });
  }
  return {
    ...browser,
    async close() {
      undo();
      await browser.close();
    },
  };
}

testBothPorts(
  (port) => `a page of another origin can neither use nor read, frame or embed anything of ${port}`,
  () => house,
  async (t, attacked) => {
    const guest = await attacked.await("Visiting evil");
    const evil = createServer((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(`<!doctype html><title>evil</title><body><script>${ATTACKS}</script>`);
    });
    await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
    const origin = `https://localhost:${attacked.port}`;
    const browser = await startBrowser(origin, guest);
    /** What stands on the guest's own page, and must be seen nowhere else. */
    const own = guest.identity === undefined ? /formToken/ : /Visiting evil/;
    try {
      const page = await browser.context.newPage();
      await page.goto(`${origin}${guest.page}`);
      assert.match(await page.content(), own);
      const target = { house: origin, page: guest.page, path: guest.path, wish: guest.wish };
      await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/#${encodeURIComponent(JSON.stringify(target))}`);
      const posted = page.waitForResponse(
        (response) => response.request().method() === "POST" && response.url() === `${origin}${guest.page}`,
      );
      const results = (await page.evaluate("attack()")) as Record<string, unknown>;
      t.diagnostic(JSON.stringify(results));
      // The form of another site arrives, and is refused: for want of the page's own token, or as nothing takes a form there.
      assert.equal((await posted).status(), attacked.name === "the enrolment port" ? 403 : 404);
      assert.deepEqual(
        { simple: results.simple, preflighted: results.preflighted, read: results.read, opaque: results.opaque },
        // The first and the last are sent, as browsers do, and what they are answered, the page can't see.
        { simple: "TypeError", preflighted: "TypeError", read: "TypeError", opaque: "TypeError" },
      );
      assert.deepEqual(
        { script: results.script, style: results.style, image: results.image },
        { script: "refused", style: "refused", image: "refused" },
      );
      assert.match(String(results.opened), /SecurityError|blocked|^0$|TypeError/);
      for (const frame of [results.posted, results.framed]) assert.match(String(frame), /SecurityError|out of reach|TypeError/);
      assert.equal(await guest.isServed(), false);
      for (const frame of page.frames().slice(1)) assert.doesNotMatch(await frame.content(), own);
    } finally {
      await browser.close();
      evil.close();
    }
    await guest.come();
  },
);

testBothPorts(
  (port) => `a name that was rebound to us, so that a page of its own would be read as its, is none of ${port}'s`,
  () => house,
  async (_t, attacked) => {
    const guest = await attacked.await("Rebound");
    const { port } = attacked;
    const own = guest.identity === undefined ? {} : { identity: guest.identity };
    const rebound = [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      `localhost.evil.example:${port}`,
      "evil.example#localhost",
      "localhost@evil.example",
      "localhost, evil.example",
      "[::ffff:203.0.113.2]",
      "0.0.0.0",
      "127.1",
      "203.0.113.2",
      "*.local",
    ];
    for (const host of rebound) {
      const { status, text } = await attacked.ask(guest.page, { ...own, headers: { Host: host } });
      assert.match(String(status), /^(421|400|403)$/, host);
      assert.doesNotMatch(text, /Rebound|formToken/, host);
    }
    const wish = {
      ...own,
      method: "POST",
      headers: { Host: "evil.example", "Content-Type": "application/json" },
      body: JSON.stringify(guest.wish),
    };
    assert.match(String((await attacked.ask(guest.path, wish)).status), /^(421|403)$/);
    assert.equal(await guest.isServed(), false);
    for (const host of ["localhost", "LOCALHOST.", `localhost:${port}`, `127.0.0.1:${port}`, "[::1]"])
      assert.equal((await attacked.ask(guest.page, { ...own, headers: { Host: host } })).status, 200, host);
    await guest.come();
  },
);
