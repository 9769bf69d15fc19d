import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { CancelInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { startTestEnrollment, type TestEnrollment } from "../support/enrollment.js";
import { enrollPhone, invite } from "../support/phone.js";
import { startServe } from "../support/serve.js";

type Options = Parameters<typeof startTestEnrollment>[1];

async function withHouse(options: Options, work: (house: TestEnrollment, world: TestAuthority) => Promise<void>): Promise<void> {
  const world = await startTestAuthority();
  const house = await startTestEnrollment(world, options);
  try {
    await work(house, world);
  } finally {
    await house.stop();
    await world.stop();
  }
}

const TOKEN = "AAAAAAAAAAAAAAAAAAAAAA";
/** Everything that takes something in, or gives something out, but what is the same for everybody at all times. */
const INSIDE = ["/", `/i/${TOKEN}`, `/d/${TOKEN}`, "/ca.crt", "/ca.pem", "/openapi.json", "/enroll.js", "/nothing"];

async function assertClosed(house: TestEnrollment): Promise<void> {
  for (const path of INSIDE) {
    const answer = await house.ask(path, { headers: { Accept: "application/json" } });
    assert.deepEqual([path, answer.status, answer.json().code], [path, 403, "ENROLLMENT_CLOSED"]);
  }
  const headers = { "Content-Type": "application/json" };
  for (const path of ["/api/v1/enrollments", "/api/v1/downloads", `/i/${TOKEN}`]) {
    const answer = await house.ask(path, { method: "POST", headers, body: JSON.stringify({ token: TOKEN }) });
    assert.deepEqual([path, answer.status], [path, 403]);
  }
  for (const path of ["/healthz", "/leave", "/style.css"]) assert.equal((await house.ask(path)).status, 200, path);
}

test("with no invitation the port answers its health and how to leave, and nothing else; a person reads why", async () => {
  await withHouse({}, async (house) => {
    await assertClosed(house);
    const page = await house.ask(`/i/${TOKEN}`, { headers: { Accept: "text/html", "Accept-Language": "de" } });
    assert.match(page.text, /Es ist keine Einladung offen/);
    assert.match((await house.ask("/", { headers: { Accept: "text/html" } })).text, /No invitation is open/);
  });
});

test("as soon as an invitation is made its phone is let in; as soon as it is canceled, nobody is", async () => {
  await withHouse({}, async (house, world) => {
    for (let round = 0; round < 3; round++) {
      await assertClosed(house);
      const { token, invitation } = await house.invite(`round ${round}`);
      // No waiting, no second try: the link works when it is printed.
      assert.equal((await house.ask(`/i/${token}`)).status, 200);
      await call(world.connection.invitations, "cancelInvitation", CancelInvitationRequest.create({ name: invitation?.name ?? "" }));
      // What was asked a moment ago counts for a second.
      await new Promise((resolve) => setTimeout(resolve, 1_100));
      // Whose link it was may learn how it ended, by the page and by the API.
      const ended = await house.ask(`/i/${token}`, { headers: { Accept: "application/json" } });
      const enrolled = await house.enroll({ token });
      for (const answer of [ended, enrolled]) assert.deepEqual([answer.status, answer.json().code], [410, "INVITATION_CANCELED"]);
    }
    await assertClosed(house);
  });
});

test("who has just redeemed still gets what is theirs, and who comes late is told that it was used", async () => {
  await withHouse({}, async (house) => {
    const { token } = await house.invite("redeemed");
    assert.equal((await house.enroll({ token, format: "pem" })).status, 201);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const again = await house.enroll({ token, format: "pem" });
    assert.deepEqual([again.status, again.json().code], [410, "INVITATION_REDEEMED"]);
    assert.equal((await house.ask("/ca.crt")).status, 200);
  });
});

test("who has spent an address's allowance locks out nobody there who is invited, from the page to the bundle", async () => {
  await withHouse({}, async (house) => {
    const { token } = await house.invite("beside a guesser");
    let isOver = false;
    let refused = 0;
    const guess = async () => {
      while (!isOver) if ((await house.ask(`/d/${TOKEN}`)).status === 429) refused += 1;
    };
    const guessing = Promise.all(Array.from({ length: 6 }, guess));
    while (refused < 20) await new Promise((resolve) => setTimeout(resolve, 20));
    const page = await house.ask(`/i/${token}`);
    assert.equal(page.status, 200);
    for (const [, path = ""] of page.text.matchAll(/(?:src|href)="(\/(?:enroll\.js|style\.css))"/g)) {
      assert.equal((await house.ask(path)).status, 200);
    }
    const [, formToken = ""] = /name="formToken" value="([^"]+)"/.exec(page.text) ?? [];
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const body = new URLSearchParams({ formToken, platform: "android" }).toString();
    const posted = await house.ask(`/i/${token}`, { method: "POST", headers, body });
    assert.equal(posted.status, 303);
    assert.equal((await house.ask(String(posted.headers.location))).status, 200);
    assert.equal((await house.ask(String(posted.headers.location).replace("?", "?file=1&"))).status, 200);
    isOver = true;
    await guessing;
  });
});

test("while the CA can't be asked, it is closed, and says that it is that", async () => {
  await withHouse({}, async (house, world) => {
    await house.invite("out of reach");
    await world.restart(async () => {
      const answer = await house.ask(`/i/${TOKEN}`, { headers: { Accept: "application/json" } });
      assert.deepEqual([answer.status, answer.json().code], [503, "UNAVAILABLE"]);
      assert.match(String(answer.json().title), /can't be reached/);
      assert.equal((await house.ask("/healthz")).status, 200);
    });
  });
});

test("enrollment.open: always and never", async () => {
  await withHouse({ open: "always" }, async (house) => {
    assert.equal((await house.ask("/ca.crt")).status, 200);
    assert.equal((await house.ask(`/i/${TOKEN}`, { headers: { Accept: "application/json" } })).json().code, "INVITATION_NOT_FOUND");
  });
  await withHouse({ open: "never" }, async (house) => {
    await house.invite("never");
    await assertClosed(house);
  });
});

test("latchkey status says whether the port is open, and why it is not", async () => {
  const serve = await startServe();
  const told = async () => /^ {2}enrolment +(.*)$/m.exec((await serve.latchkey("status")).stdout)?.[1];
  try {
    assert.equal(await told(), "running, closed: no invitation is open");
    const token = await invite(serve, "Phone");
    assert.equal(await told(), "running, open for who is invited");
    await enrollPhone(serve, token);
    assert.equal(await told(), "running, open for who is invited", "the bundle may still be fetched");
    await serve.end("SIGTERM");
    await serve.start({ LATCHKEY_ENROLLMENT_OPEN: "never" });
    assert.equal(await told(), "running, closed (enrollment.open: never)");
    await serve.end("SIGTERM");
    await serve.start({ LATCHKEY_ENROLLMENT_OPEN: "always" });
    assert.equal(await told(), "running, open to the LAN always (enrollment.open: always)");
  } finally {
    await serve.end("SIGTERM");
    await serve.remove();
  }
});
