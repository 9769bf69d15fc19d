import assert from "node:assert/strict";
import { test } from "node:test";
import { renderCheck } from "../../../services/enrollment/page/check.js";
import { renderInvitation } from "../../../services/enrollment/page/invitation.js";
import { CATALOGUES, textsOf } from "../../../services/enrollment/page/texts.js";
import { PLATFORMS, type Platform } from "../../../services/enrollment/platform.js";

const EN = textsOf("en");

const invitation = (platform: Platform, texts = EN) =>
  renderInvitation({
    texts,
    platform,
    invitationId: "id",
    deviceName: "Anna",
    expireTime: new Date(0),
    formToken: "token",
    isInApp: false,
    hasOwnCertificate: false,
    checkUrl: undefined,
  });

test("an iPhone's person chooses between Safari and the app before the button, and sees what is chosen", () => {
  for (const texts of CATALOGUES) {
    for (const platform of ["iphone", "iphone-app"] as const) {
      const page = invitation(platform, texts);
      const [asked, button] = [page.indexOf(`<p class="fine">${texts.onIphone.ask}</p>`), page.indexOf('<button class="button"')];
      assert.ok(asked !== -1 && asked < button, `${texts.name}, ${platform}`);
      const [choice = ""] = /<nav.*?<\/nav>/s.exec(page) ?? [];
      assert.match(choice, new RegExp(`platform=${platform}&amp;lang=${texts.language}" aria-current="true">${texts.onIphone[platform]}`));
      assert.equal(choice.match(/aria-current/g)?.length, 1);
    }
  }
  for (const platform of PLATFORMS.filter((one) => !one.startsWith("iphone"))) {
    assert.ok(!invitation(platform).includes(EN.onIphone.ask), platform);
  }
});

test("a key that is on hold, revoked or over is told what helps: asking anew is for who has shown none", () => {
  const leaveUrl = "https://house:1/leave";
  const page = (status: string) => renderCheck(EN, { status }, leaveUrl);
  assert.ok(page("nobody").includes(EN.check.again));
  for (const status of ["held", "revoked", "expired"]) assert.ok(!page(status).includes(EN.check.again), status);
  assert.match(page("held"), /can let it in again/);
  assert.match(page("revoked"), /new invitation.*<a href="https:\/\/house:1\/leave\?lang=en">/);
  assert.match(page("expired"), /new invitation/);
  assert.ok(!renderCheck(EN, { status: "revoked" }).includes("/leave"));
  for (const status of ["nobody", "held", "expired", "valid"]) assert.ok(!page(status).includes("/leave"), status);
});

test("a command among the steps is code, each word of it whole, in every language", () => {
  for (const texts of CATALOGUES) {
    const [, code = ""] = /<code>(<span>openssl.*?)<\/code>/.exec(invitation("linux", texts)) ?? [];
    assert.equal(code.replaceAll(/<\/?span>/g, ""), "openssl x509 -inform der -in house-root.crt -noout -fingerprint -sha256", texts.name);
    assert.match(code, /<span>-noout<\/span> <span>-fingerprint<\/span>/);
    assert.match(invitation("windows", texts), /<code><span>certutil<\/span>/);
    for (const platform of PLATFORMS) assert.ok(!invitation(platform, texts).includes("`"), `${texts.name}, ${platform}`);
  }
});
