import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { after, before, test } from "node:test";
import { pinDevicesCa } from "../../../clients/nginx/devices-ca.js";
import { Problem } from "../../../clients/nginx/problem.js";
import { startTestAuthority, type TestAuthority } from "../../support/authority.js";
import { forgeNamesakeOf } from "../../support/crafted-ca.js";
import { readDevicesKey } from "../../support/devices-key.js";

let world: TestAuthority;
let ca: string;
let namesake: string;
before(async () => {
  world = await startTestAuthority();
  ca = await (await fetch(`http://${world.ca.http}/ca/devices.pem`)).text();
  namesake = await forgeNamesakeOf(ca, { withItsKey: false });
});
after(() => world.stop());

const refuses = (pinned: string | undefined, offered: string) =>
  assert.throws(
    () => pinDevicesCa(pinned, offered, "/dir"),
    (error) => error instanceof Problem && error.code === "CA_CHANGED",
  );
const certificates = (pem: string) => pem.split("-----BEGIN CERTIFICATE-----").length - 1;

test("the first devices CA is pinned, alone: what else the text holds does not reach nginx", () => {
  const pinned = pinDevicesCa(undefined, `${ca}${namesake}`, "/dir");
  assert.equal(certificates(pinned), 1);
  assert.ok(new X509Certificate(pinned).raw.equals(new X509Certificate(ca).raw));
  assert.equal(pinDevicesCa(pinned, ca, "/dir"), pinned);
});

test("the pinned key's own newer certificate takes the place of the older, alone; the older one does not come back", async () => {
  const renewed = await forgeNamesakeOf(ca, { withItsKey: true, signedWith: await readDevicesKey(world) });
  const pinned = pinDevicesCa(ca, `${renewed}${namesake}`, "/dir");
  assert.equal(certificates(pinned), 1);
  assert.ok(new X509Certificate(pinned).raw.equals(new X509Certificate(renewed).raw));
  refuses(pinned, ca);
});

test("another key under the same name is another CA", () => refuses(ca, namesake));

test("the pinned key in a certificate that it has not signed is another CA", async () => {
  refuses(ca, await forgeNamesakeOf(ca, { withItsKey: true }));
});

test("what is no certificate is refused with a sentence", () => {
  for (const text of ["", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]) {
    refuses(ca, text);
    refuses(undefined, text);
  }
});
