import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { RevokeCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startWire } from "../support/enroll-command.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";

/** The CA has used the invitation up, and its answer never reaches the enrolment service: nobody may be left with neither invitation nor bundle. */

interface House {
  readonly world: TestAuthority;
  readonly house: TestEnrollment;
  /** From now on answers come through. */
  mend(): void;
}

async function withBrokenWire(work: (house: House) => Promise<void>): Promise<void> {
  const world = await startTestAuthority();
  let isBroken = true;
  const isUsedUp = () => world.log.some((line) => line.includes('"invitation.redeemed"'));
  const wire = await startWire(
    () => world.ca.grpc,
    () => isBroken && isUsedUp(),
  );
  const credential = { ...(await readCredential(world.ca.enrollmentFolder)), address: `127.0.0.1:${wire.port}` };
  const house = await startTestEnrollment(world, { credential });
  try {
    await work({
      world,
      house,
      mend: () => {
        isBroken = false;
      },
    });
  } finally {
    await house.stop();
    wire.close();
    await world.stop();
  }
}

/** Presses the page's button, as a browser without JavaScript does; answers the bundle's address. */
async function press(house: TestEnrollment, token: string, formToken: string): Promise<{ status: number; text: string; address: string }> {
  const headers = { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html" };
  const body = new URLSearchParams({ formToken, format: "pkcs12-compatible", platform: "android" }).toString();
  const answer = await house.ask(`/i/${token}`, { method: "POST", headers, body });
  return { status: answer.status, text: answer.text, address: String(answer.headers.location ?? "") };
}

/** A channel that has lost its CA looks for it again after seconds. */
async function untilReached<T extends { status: number }>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    const answer = await attempt();
    if (answer.status !== 503 || tries === 20) return answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function opens(bundle: Buffer, passphrase: string): boolean {
  const said = execFileSync("openssl", ["pkcs12", "-info", "-nodes", "-legacy", "-passin", "stdin"], {
    input: Buffer.concat([Buffer.from(`${passphrase}\n`), bundle]),
    stdio: ["pipe", "pipe", "ignore"],
  });
  return said.includes("BEGIN PRIVATE KEY");
}

for (const restarts of [false, true]) {
  const meanwhile = restarts ? ", and the CA starts anew meanwhile" : "";

  test(`the page's button, pressed again, gives the bundle of the first time${meanwhile}`, async () => {
    await withBrokenWire(async ({ world, house, mend }) => {
      const { token, passphrase } = await house.invite("Lost answer");
      const page = await house.ask(`/i/${token}`, { headers: { Accept: "text/html" } });
      const [, formToken = ""] = /name="formToken" value="([^"]+)"/.exec(page.text) ?? [];
      const lost = await press(house, token, formToken);
      assert.equal(lost.status, 503, lost.text);
      mend();
      if (restarts) await world.restart();
      const again = await untilReached(() => press(house, token, formToken));
      assert.equal(again.status, 303, again.text);
      const { body } = await house.ask(`${again.address.split("?")[0]}?file`);
      assert.ok(opens(body, passphrase));
      const { text } = await house.ask(`/i/${token}`, { headers: { Accept: "application/json" } });
      assert.match(text, /INVITATION_REDEEMED/);
    });
  });

  test(`the API, asked again by the same requestId, gives the bundle${meanwhile}`, async () => {
    await withBrokenWire(async ({ world, house, mend }) => {
      const { token, passphrase } = await house.invite("Lost answer");
      const asked = { token, format: "pkcs12-compatible", requestId: randomUUID() };
      const lost = await house.enroll(asked);
      assert.equal(lost.status, 503, lost.text);
      mend();
      if (restarts) await world.restart();
      const again = await untilReached(() => house.enroll(asked));
      assert.equal(again.status, 201, again.text);
      assert.ok(opens(again.body, passphrase));
      // Nobody is invited any more; for the last steps the door stays open, over a start of the CA, too.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      assert.equal((await house.ask("/ca.crt")).status, 200);
      // An answer that was lost on its way to the device is no reason to lose the device either.
      const once = await house.enroll(asked);
      assert.equal(once.headers["latchkey-serial-number"], again.headers["latchkey-serial-number"]);
      // Anybody else is refused, whatever they have seen of it.
      for (const other of [
        { ...asked, requestId: randomUUID() },
        { ...asked, requestId: undefined },
      ])
        assert.equal((await house.enroll(other)).json().code, "INVITATION_REDEEMED");
      assert.equal((await house.enroll({ ...asked, requestId: "short" })).json().code, "FIELD_INVALID");
    });
  });
}

test("what was revoked meanwhile is not given out as if it were good", async () => {
  await withBrokenWire(async ({ world, house, mend }) => {
    const { token } = await house.invite("Revoked meanwhile");
    const asked = { token, format: "pkcs12-compatible", requestId: randomUUID() };
    assert.equal((await house.enroll(asked)).status, 503);
    mend();
    const selector = { selected: { $case: "deviceName" as const, value: "Revoked meanwhile" } };
    await call(world.connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector }));
    const again = await untilReached(() => house.enroll(asked));
    assert.deepEqual([again.status, again.json().code], [403, "CERTIFICATE_REVOKED"]);
    assert.match(again.text, /is revoked, and the invitation is used up\. Invite the device again/);
  });
});
