import assert from "node:assert/strict";
import { after, before } from "node:test";
import { type AttackedHouse, type AttackedPort, type Guest, startAttackedHouse, testBothPorts } from "../support/attacked.js";
import { type Malformed, malformedTargets, malformedWishes, post, postForm } from "../support/malformed.js";
import { sendRaw } from "../support/raw.js";
import { waysToHide } from "../support/smuggled.js";

/** What somebody on the LAN can do with requests, to both ports of the real service. */
let house: AttackedHouse;
before(async () => {
  house = await startAttackedHouse();
});
after(() => house.stop());

/** Who asks with the guest's own certificate, where there is one. */
const asGuest = ({ identity }: Guest) => (identity === undefined ? {} : { identity });

testBothPorts(
  (port) => `a request that hides another is refused at ${port}, the hidden one is never read, and the connection ends`,
  () => house,
  async (t, attacked) => {
    const { port } = attacked;
    const guest = await attacked.await("Smuggled");
    const { page, path, wish } = guest;
    const attempts = waysToHide({ host: `Host: localhost:${port}`, page, path, wish: JSON.stringify(wish) });
    for (const [name, octets] of Object.entries(attempts)) {
      const { statuses, isClosed, text } = await sendRaw({ port, ...asGuest(guest) }, octets);
      const told = `${name}: ${statuses.join(", ") || "nothing"}`;
      assert.ok(statuses.length <= 1, `${told}\n${text}`);
      assert.ok(
        statuses.every((status) => status >= 400 && status < 500),
        told,
      );
      // What can't be told from the next request's beginning is not read on; a well-formed request that is merely refused may keep its connection.
      if (!/Host|host/.test(name)) assert.ok(isClosed, `${name}: the connection is still open`);
    }
    assert.equal(await guest.isServed(), false);
    t.diagnostic(`${Object.keys(attempts).length} ways to hide a request`);
    await guest.come();
    await house.standsAfter(t, attacked, "After the smugglers");
  },
);

testBothPorts(
  (port) => `requests that are sent before the one before them is answered are not queued up at ${port}`,
  () => house,
  async (_t, attacked) => {
    const { port } = attacked;
    const guest = await attacked.await("Pipelined");
    const one = `GET ${guest.page} HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: application/json\r\n\r\n`;
    const { statuses, isClosed } = await sendRaw({ port, ...asGuest(guest) }, one.repeat(200));
    assert.ok(isClosed);
    assert.ok(statuses.length < 10, `${statuses.length} answers`);
    assert.equal((await attacked.ask(guest.page, asGuest(guest))).status, 200);
  },
);

/** What only one of the two ports has. */
function moreOf({ name }: AttackedPort, { page, path, wish, secret }: Guest): readonly Malformed[] {
  if (name === "the devices' port") {
    return [
      post(path, JSON.stringify({ ...wish, csr: "A".repeat(90_000) })),
      post(path, JSON.stringify({ ...wish, csr: "AAAA" })),
      post(path, JSON.stringify({ ...wish, csr: "-----BEGIN CERTIFICATE REQUEST-----" })),
      post(path, JSON.stringify({ ...wish, csr: `-----BEGIN CERTIFICATE REQUEST-----\n${wish.csr}` })),
      post(path, JSON.stringify({ ...wish, csr: Buffer.from(`30`.repeat(20_000), "hex").toString("base64") })),
      post(path, JSON.stringify({ ...wish, signature: "A".repeat(90_000) })),
      post(path, JSON.stringify({ ...wish, signature: "AAAA" })),
      post(path, JSON.stringify({ ...wish, signature: "!" })),
      ...["yes", 1, null, [true], { valueOf: true }].map((revokeOld) => post(path, JSON.stringify({ ...wish, revokeOld }))),
      // True was not what was signed for.
      post(path, JSON.stringify({ ...wish, revokeOld: true })),
      post("/api/v1/enrollments", JSON.stringify(wish)),
      post("/", JSON.stringify(wish)),
      { path: "/x?lang[]=x&lang[__proto__]=y", asking: {} },
    ];
  }
  return [
    post(path, JSON.stringify({ token: secret, csr: "A".repeat(90_000), proof: Buffer.alloc(32).toString("base64") })),
    post(path, JSON.stringify({ token: `${secret}\0` })),
    post(path, JSON.stringify({ token: secret, format: { toString: "pem" } })),
    post(path, JSON.stringify({ token: secret, format: "../../etc/passwd" })),
    post(path, JSON.stringify({ token: secret, csr: [], proof: {} })),
    post(path, JSON.stringify({ token: secret, csr: "AAAA", proof: "AAAA" })),
    post("/api/v1/downloads", JSON.stringify({ ticket: secret, content: Buffer.from("<?xml").toString("base64") })),
    post("/api/v1/downloads", JSON.stringify({ ticket: "", content: "x".repeat(90_000) })),
    postForm(page, Array.from({ length: 10_000 }, (_, at) => `a${at}=1`).join("&")),
    postForm(page, `formToken=${"x".repeat(80_000)}`),
    postForm(page, "formToken[]=x&formToken[__proto__]=y"),
    post(page, JSON.stringify({ formToken: "x" })),
    { path: `${page}/../${secret}x`, asking: {} },
    { path: `/i/${"x".repeat(22)}?a=b&lang[]=x`, asking: {} },
  ];
}

testBothPorts(
  (port) => `what is too large, or is not what it says, is refused at ${port} by a sentence with a code, and costs nothing`,
  () => house,
  async (t, attacked) => {
    const guest = await attacked.await("Malformed");
    const { path, wish, page, secret } = guest;
    const [field = ""] = Object.keys(wish);
    const attempts = [...malformedWishes(path, wish, field), ...moreOf(attacked, guest), ...malformedTargets(page)];
    const answered = new Map<number, number>();
    for (const { path, asking } of attempts) {
      const { status, text } = await attacked.ask(path, { ...asking, ...asGuest(guest), from: "127.0.9.9" });
      answered.set(status, (answered.get(status) ?? 0) + 1);
      const told = `${asking.method ?? "GET"} ${path.slice(0, 60)} ${String(asking.body ?? "").slice(0, 60)} → ${status} ${text.slice(0, 200)}`;
      // 0: the connection was closed while it still sent.
      assert.ok(status === 0 || (status >= 400 && status < 500), told);
      assert.ok(!/ at .*\.js:\d+|node_modules|root:/.test(text), told);
      assert.ok(!text.includes(secret), told);
    }
    t.diagnostic(`${attempts.length} malformed requests: ${[...answered].map(([status, count]) => `${count} × ${status}`).join(", ")}`);
    assert.equal(await guest.isServed(), false);
    await guest.come();
    await house.standsAfter(t, attacked, "After the malformed");
  },
);
