import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { AwaitEnforcementRequest } from "../../generated/latchkey/v1/publication_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { chooseCertificateFor, newHome, startChromium } from "../support/chromium.js";
import { createDoor, type Door } from "../support/door.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { keepPicture } from "../support/picture.js";

let world: TestAuthority;
let house: TestEnrollment;
let door: Door;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "latchkey-e2e-"));
  world = await startTestAuthority();
  house = await startTestEnrollment(world, { devices: { listen: "127.0.0.1:0", trustedProxies: [] } });
  const [version] = await nginxVersions();
  door = await createDoor(version?.command ?? "", world);
  await door.configure();
  await door.once();
  await door.nginx.start();
  await door.startHook();
});
after(async () => {
  await door.stop();
  await house.stop();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

/** In the page: a WebSocket through nginx, there and back. */
const ECHO = `new Promise((resolve) => {
  const socket = new WebSocket("wss://" + location.host + "/");
  socket.onopen = () => socket.send("knock");
  socket.onmessage = (event) => resolve(event.data);
  socket.onerror = () => resolve("error");
})`;

test("a phone is invited, enrols through the page in a real browser, and nginx lets it in; without the certificate it gets 400; revoked, it is refused", async () => {
  const { url, passphrase } = await house.invite("Anna's laptop");
  const origin = `https://localhost:${door.port}`;
  const check = `https://localhost:${house.service.devices.split(":").at(-1)}/`;
  const undoChoice = chooseCertificateFor(origin, check);
  const home = newHome();
  const file = join(folder, "bundle.p12");
  try {
    // A device that trusts nothing yet, and runs no JavaScript.
    const stranger = await startChromium({ ignoreHTTPSErrors: true, javaScriptEnabled: false, acceptDownloads: true }, newHome());
    try {
      const page = await stranger.context.newPage();
      await page.goto(url.replace(/^https:\/\/[^/]+/, `https://localhost:${house.service.address.split(":").at(-1)}`));
      assert.match((await page.textContent("h1")) ?? "", /Anna's laptop/);
      await page.getByRole("button", { name: "Get the key for this device" }).click();
      const waiting = page.waitForEvent("download");
      await page.getByRole("link", { name: /^Download/ }).click();
      await (await waiting).saveAs(file);
      assert.equal(await page.getByRole("link", { name: /Did it work/ }).getAttribute("href"), `${check}?lang=en`);
      await page.goto(check);
      assert.match((await page.textContent("h1")) ?? "", /has shown no key/);
      await keepPicture(page, "check-nobody");
      const refused = await page.goto(origin);
      assert.equal(refused?.status(), 400);
    } finally {
      await stranger.close();
    }

    const device = await startChromium({}, home);
    try {
      device.trustRoot(house.root);
      device.importBundle(file, passphrase);
      const page = await device.context.newPage();
      await page.goto(`${check}?lang=en`);
      assert.equal(await page.textContent("h1"), "It works: this is Anna's laptop");
      await keepPicture(page, "check-valid");
      const welcomed = await page.goto(origin);
      assert.equal(welcomed?.status(), 200);
      assert.match((await page.textContent("body")) ?? "", /home/);
      assert.equal(await page.evaluate(ECHO), "knock");

      const selector = { selected: { $case: "deviceName" as const, value: "Anna's laptop" } };
      const { crlNumber } = await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
      const enforcement = await call(
        world.connection.publication,
        "awaitEnforcement",
        AwaitEnforcementRequest.create({ crlNumber, timeout: { seconds: "30", nanos: 0 } }),
        { deadlineMillis: 40_000 },
      );
      assert.deepEqual([enforcement.enforcedBy.map(({ subscriber }) => subscriber), enforcement.pending], [["door"], []]);
      const after = await page.goto(origin);
      assert.equal(after?.status(), 400);
      await page.goto(check);
      assert.match((await page.textContent("h1")) ?? "", /opens nothing any more/);
      await page.getByRole("link", { name: "How to take it off this device again" }).click();
      assert.match((await page.textContent("h1")) ?? "", /Take the key off/);
    } finally {
      await device.close();
    }
  } finally {
    undoChoice();
  }
});
