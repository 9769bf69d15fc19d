import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startChromium } from "../support/chromium.js";
import { askHouse, enrollPhone, invitationState, invite } from "../support/phone.js";
import { openSilent, openTls, sendRaw } from "../support/raw.js";
import { startServe, type TestServe } from "../support/serve.js";

/** What somebody on the LAN can do to the enrolment service, done to the real one, in processes of its own. */
let serve: TestServe;
let port: number;
let startOctets: number;

before(async () => {
  serve = await startServe(["--domain", "example.com"]);
  port = Number(serve.run.enroll.split(":").at(-1));
  startOctets = residentOctets();
});
after(async () => {
  await serve.end("SIGTERM");
  await serve.remove();
});

/** The memory that the enrolment service has: the CA's only child. */
function residentOctets(): number {
  const [child] = readFileSync(`/proc/${serve.run.pid}/task/${serve.run.pid}/children`, "utf8").trim().split(" ");
  const [, kibi = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child}/status`, "utf8")) ?? [];
  return Number(kibi) * 1024;
}

/** The garbage of an attack may not have been collected yet; what would grow with each attack shows all the same. */
const MOST_OCTETS = 512 * 1024 * 1024;

/** Nothing was let in, the memory is bounded, and a phone enrols as if nothing had been. */
async function standsAfter(t: TestContext, name: string): Promise<void> {
  const token = await invite(serve, name);
  const millis = await enrollPhone(serve, token);
  const octets = residentOctets();
  t.diagnostic(
    `afterwards a phone enrols in ${millis.toFixed(0)} ms; memory ${mebi(startOctets)} MiB at the start, ${mebi(octets)} MiB now`,
  );
  assert.ok(octets < MOST_OCTETS, `the service has grown to ${mebi(octets)} MiB`);
}

const mebi = (octets: number) => (octets / 1024 / 1024).toFixed(0);

test("without an attack, a phone enrols", async (t) => standsAfter(t, "Baseline"));

/** Addresses of this host's loopback, as many as one likes: each is another host to the service. */
const addressOf = (host: number) => `127.0.${2 + Math.floor(host / 250)}.${1 + (host % 250)}`;

/** How many files this process may open; Node takes as many as the system lets it. */
const filesPermitted = () => Number(execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim()) || 1_000_000;

test("ten thousand connections that say nothing, of one host and of hundreds, keep no phone out", { timeout: 180_000 }, async (t) => {
  const wanted = Math.min(10_000, filesPermitted() - 1_000);
  const token = await invite(serve, "In the crowd");
  const neighbour = await invite(serve, "At the same address");
  const sockets: Socket[] = [];
  let opened = 0;
  let isDone = false;
  const flood = async (worker: number) => {
    for (let at = worker; at < wanted; at += 64) {
      // Half of them from one address, half from three hundred.
      const socket = await openSilent({ port, from: at % 2 === 0 ? "127.0.1.1" : addressOf(at % 300) });
      if (socket === undefined) continue;
      opened += 1;
      sockets.push(socket);
    }
  };
  const flooding = Promise.all(Array.from({ length: 64 }, (_, worker) => flood(worker))).then(() => {
    isDone = true;
  });
  try {
    await delay(300);
    const wasUnderWay = !isDone;
    const during = await enrollPhone(serve, token);
    await flooding;
    const held = sockets.filter((socket) => !socket.destroyed).length;
    t.diagnostic(`${opened} connections opened, ${held} of them held at the end; a phone enrolled meanwhile in ${during.toFixed(0)} ms`);
    assert.ok(wasUnderWay, "the flood was over before the phone came");
    assert.ok(opened > wanted * 0.9, `only ${opened} of ${wanted} connections could be opened`);
    // A phone behind the very address that holds its whole share.
    await enrollPhone(serve, neighbour, "127.0.1.1");
    assert.equal((await askHouse(serve, "/healthz")).status, 200);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  await standsAfter(t, "After the crowd");
});

test("connections that ask for something now and then, from hundreds of addresses, keep no phone out", { timeout: 180_000 }, async (t) => {
  let isOver = false;
  const ask = `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`;
  const keep = async (at: number) => {
    while (!isOver) {
      const socket = await openTls({ port, from: addressOf(at) });
      while (!isOver && socket?.writable) {
        socket.write(ask);
        await delay(3_000);
      }
      socket?.destroy();
      await delay(100);
    }
  };
  const crowd = Promise.all(Array.from({ length: 540 }, (_, at) => keep(at)));
  try {
    await delay(4_000);
    const statuses: number[] = [];
    for (let asked = 0; asked < 20; asked++) statuses.push((await askHouse(serve, "/healthz", { from: "127.0.9.9" })).status);
    t.diagnostic(`a phone was answered ${statuses.filter((status) => status === 200).length} times of 20`);
    assert.ok(statuses.filter((status) => status === 200).length >= 18, statuses.join());
  } finally {
    isOver = true;
    await crowd;
  }
  await standsAfter(t, "After those who ask now and then");
});

test("nor do they at the port where devices come with their certificate", { timeout: 120_000 }, async () => {
  const devices = Number(serve.run.devices.split(":").at(-1));
  const sockets = await Promise.all(Array.from({ length: 900 }, (_, at) => openSilent({ port: devices, from: addressOf(at % 45) })));
  try {
    const held = () => sockets.filter((socket) => socket !== undefined && !socket.destroyed).length;
    for (let tries = 0; tries < 80 && held() > 512; tries++) await delay(100);
    assert.ok(held() <= 512, `${held()} connections are held`);
    const { statuses } = await sendRaw(
      { port: devices },
      `GET /healthz HTTP/1.1\r\nHost: localhost:${devices}\r\nConnection: close\r\n\r\n`,
      5_000,
    );
    assert.deepEqual(statuses, [200]);
  } finally {
    for (const socket of sockets) socket?.destroy();
  }
});

test("requests that drip, in their headers and in their bodies, keep no phone out, and are ended", { timeout: 180_000 }, async (t) => {
  const token = await invite(serve, "Between drops");
  const head = `Host: localhost:${port}\r\nContent-Type: application/json\r\n`;
  const begins = [
    `POST /api/v1/enrollments HTTP/1.1\r\n${head}`,
    `POST /api/v1/enrollments HTTP/1.1\r\n${head}Content-Length: 60000\r\n\r\n{`,
  ];
  const dripping: Socket[] = [];
  const open = async (at: number) => {
    const socket = await openTls({ port, from: addressOf(at % 40) });
    if (socket === undefined) return;
    socket.write(begins[at % begins.length] ?? "");
    dripping.push(socket);
  };
  for (let at = 0; at < 800; at += 20) await Promise.all(Array.from({ length: 20 }, (_, more) => open(at + more)));
  const timer = setInterval(() => {
    for (const [at, socket] of dripping.entries()) if (socket.writable) socket.write(at % 2 === 0 ? "X" : " ");
  }, 500);
  try {
    const begun = Date.now();
    const during = await enrollPhone(serve, token);
    t.diagnostic(`${dripping.length} dripping connections; a phone enrolled meanwhile in ${during.toFixed(0)} ms`);
    const left = () => dripping.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
    for (const socket of dripping) socket.resume();
    while (left() > 0 && Date.now() - begun < 60_000) await delay(200);
    assert.equal(left(), 0, "connections still drip after a minute");
    t.diagnostic(`the last of them was ended after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  } finally {
    clearInterval(timer);
    for (const socket of dripping) socket.destroy();
  }
  await standsAfter(t, "After the drops");
});

test("a request that hides another is refused, the hidden one is never read, and the connection ends", { timeout: 120_000 }, async (t) => {
  const token = await invite(serve, "Smuggled");
  const host = `Host: localhost:${port}`;
  const inner = JSON.stringify({ token, format: "pem" });
  const hidden = `POST /api/v1/enrollments HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`;
  const post = (headers: string, body: string) =>
    `POST /api/v1/enrollments HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
  const attempts: Record<string, string> = {
    "Content-Length before Transfer-Encoding": post(`Content-Length: 5\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`),
    "Transfer-Encoding before Content-Length": post(`Transfer-Encoding: chunked\r\nContent-Length: ${hidden.length}`, `0\r\n\r\n${hidden}`),
    "two Content-Lengths": post(`Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
    "two equal Content-Lengths in one": post("Content-Length: 2, 2", `{}${hidden}`),
    "a signed Content-Length": post("Content-Length: +2", `{}${hidden}`),
    "a negative Content-Length": post("Content-Length: -1", hidden),
    "a hexadecimal Content-Length": post("Content-Length: 0x2", `{}${hidden}`),
    "a Content-Length with a space in it": post("Content-Length: 2 2", `{}${hidden}`),
    "an unknown transfer coding": post("Transfer-Encoding: xchunked", `0\r\n\r\n${hidden}`),
    "chunked, then another coding": post("Transfer-Encoding: chunked, identity", `0\r\n\r\n${hidden}`),
    "chunked twice": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", `0\r\n\r\n${hidden}`),
    "a space before the colon": post("Transfer-Encoding : chunked", `0\r\n\r\n${hidden}`),
    "a tab before the coding, and a length": post(`Content-Length: ${hidden.length}\r\nTransfer-Encoding:\tchunked`, `0\r\n\r\n${hidden}`),
    "a vertical tab before the coding": post(`Content-Length: 0\r\nTransfer-Encoding:\x0bchunked`, hidden),
    "a folded header": post(`X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0`, hidden),
    "a header folded into the length": post(`Content-Length:\r\n 0`, hidden),
    "a bare LF at a line's end": post(`X: y\nContent-Length: ${hidden.length}\r\nContent-Length: 0`, hidden),
    "a bare CR in a header": post(`X: y\rContent-Length: 0\r\nContent-Length: ${hidden.length}`, hidden),
    "a NUL in a header": post(`X: y\0z\r\nContent-Length: 0`, hidden),
    "a chunk's size that is no number": post("Transfer-Encoding: chunked", `0x0\r\n\r\n${hidden}`),
    "a chunk's size over 64 bits": post("Transfer-Encoding: chunked", `10000000000000000\r\n{}\r\n0\r\n\r\n${hidden}`),
    "a chunk longer than its size": post("Transfer-Encoding: chunked", `2\r\n{}${hidden}\r\n0\r\n\r\n`),
    "a header without a name": post(": chunked\r\nContent-Length: 0", hidden),
    "no colon": post("Transfer-Encoding chunked\r\nContent-Length: 0", hidden),
    "HTTP/2's first words": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a version that is none": `GET /i/${token} HTTP/9.9\r\n${host}\r\n\r\n`,
    "no version": `GET /i/${token}\r\n\r\n`,
    "two Hosts": `GET /i/${token} HTTP/1.1\r\n${host}\r\nHost: evil.example\r\n\r\n`,
    "no Host": `GET /i/${token} HTTP/1.1\r\n\r\n`,
    "another host in the target": `GET https://evil.example/i/${token} HTTP/1.1\r\n${host}\r\n\r\n`,
    "a target for a proxy": `CONNECT 127.0.0.1:22 HTTP/1.1\r\n${host}\r\n\r\n`,
    "no HTTP at all": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  };
  for (const [name, octets] of Object.entries(attempts)) {
    const { statuses, isClosed, text } = await sendRaw({ port }, octets);
    const told = `${name}: ${statuses.join(", ") || "nothing"}`;
    assert.ok(statuses.length <= 1, `${told}\n${text}`);
    assert.ok(
      statuses.every((status) => status >= 400 && status < 500),
      told,
    );
    // What can't be told from the next request's beginning is not read on; a well-formed request that is merely refused may keep its connection.
    if (!/Host|host/.test(name)) assert.ok(isClosed, `${name}: the connection is still open`);
  }
  assert.equal(await invitationState(serve, "Smuggled"), "open");
  t.diagnostic(`${Object.keys(attempts).length} ways to hide a request`);
  await enrollPhone(serve, token);
  await standsAfter(t, "After the smugglers");
});

test("requests that are sent before the one before them is answered are not queued up", async () => {
  const token = await invite(serve, "Pipelined");
  const one = `GET /i/${token} HTTP/1.1\r\nHost: localhost:${port}\r\nAccept: application/json\r\n\r\n`;
  const { statuses, isClosed } = await sendRaw({ port }, one.repeat(200));
  assert.ok(isClosed);
  assert.ok(statuses.length < 10, `${statuses.length} answers`);
  assert.equal((await askHouse(serve, `/i/${token}`)).status, 200);
});

test("what is too large, or is not what it says, is refused by a sentence with a code, and costs nothing", {
  timeout: 120_000,
}, async (t) => {
  const token = await invite(serve, "Malformed");
  const json = { "Content-Type": "application/json" };
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  const big = "x".repeat(5_000_000);
  const post = (path: string, body: string | Buffer, headers: Record<string, string> = json) => ({
    path,
    asking: { method: "POST", headers, body },
  });
  const api = "/api/v1/enrollments";
  const attempts = [
    post(api, big),
    post(api, JSON.stringify({ token: big })),
    post(api, JSON.stringify({ token, csr: "A".repeat(90_000), proof: Buffer.alloc(32).toString("base64") })),
    post(api, "[".repeat(90_000)),
    post(api, `{"token":`.repeat(9_000)),
    post(api, JSON.stringify([token])),
    post(api, JSON.stringify(token)),
    post(api, "null"),
    post(api, ""),
    post(api, '{"token":{"__proto__":{"token":"x"}}}'),
    post(api, '{"__proto__":{"token":"x"}}'),
    post(api, '{"constructor":{"prototype":{"token":"x"}}}'),
    post(api, JSON.stringify({ token: [token] })),
    post(api, JSON.stringify({ token: `${token}\0` })),
    post(api, JSON.stringify({ token, format: { toString: "pem" } })),
    post(api, JSON.stringify({ token, format: "../../etc/passwd" })),
    post(api, JSON.stringify({ token, csr: [], proof: {} })),
    post(api, JSON.stringify({ token, csr: "AAAA", proof: "AAAA" })),
    post(api, Buffer.from([0xff, 0xfe, 0x00, 0x80])),
    post(api, JSON.stringify({ token }), { "Content-Type": "application/json; charset=utf-7" }),
    post(api, JSON.stringify({ token }), { ...json, "Content-Encoding": "gzip" }),
    post(api, JSON.stringify({ token }), { ...json, "Content-Encoding": "br" }),
    post(api, JSON.stringify({ token }), { "Content-Type": "text/plain" }),
    post(api, JSON.stringify({ token }), { "Content-Type": "multipart/form-data; boundary=x" }),
    post(api, JSON.stringify({ token }), {}),
    post(api, `token=${token}`, form),
    post("/api/v1/downloads", JSON.stringify({ ticket: token, content: Buffer.from("<?xml").toString("base64") })),
    post("/api/v1/downloads", JSON.stringify({ ticket: "", content: big.slice(0, 90_000) })),
    post(`/i/${token}`, Array.from({ length: 10_000 }, (_, at) => `a${at}=1`).join("&"), form),
    post(`/i/${token}`, `formToken=${"x".repeat(80_000)}`, form),
    post(`/i/${token}`, "formToken[]=x&formToken[__proto__]=y", form),
    post(`/i/${token}`, JSON.stringify({ formToken: "x" })),
    ...["TRACE", "OPTIONS", "PUT", "PATCH", "DELETE", "PROPFIND"].map((method) => ({ path: `/i/${token}`, asking: { method } })),
    ...[
      `/i/${token}/../${token}x`,
      "/i/%00",
      "/i/%E0%A4%A",
      "/i/..%2f..%2fetc%2fpasswd",
      "/d/..%2f..%2fpackage.json",
      "/assets/..%2f..%2f..%2fpackage.json",
      "/assets/../../package.json",
      "/.git/config",
      "/package.json",
      "//evil.example/%2f..",
      `/${"a".repeat(12_000)}`,
      `/i/${token}${"?a=b&".repeat(1)}lang[]=x`.replace(token, "x".repeat(22)),
    ].map((path) => ({ path, asking: {} })),
    { path: "/healthz", asking: { headers: { "X-Long": "y".repeat(40_000) } } },
    { path: "/healthz", asking: { headers: Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`X-${at}`, "y"])) } },
  ];
  const answered = new Map<number, number>();
  for (const { path, asking } of attempts) {
    const { status, text } = await askHouse(serve, path, { ...asking, from: "127.0.9.9" });
    answered.set(status, (answered.get(status) ?? 0) + 1);
    const told = `${"method" in asking ? asking.method : "GET"} ${path.slice(0, 60)} → ${status} ${text.slice(0, 200)}`;
    // 0: the connection was closed while it still sent.
    assert.ok(status === 0 || (status >= 400 && status < 500), told);
    assert.ok(!/ at .*\.js:\d+|node_modules|root:/.test(text), told);
    assert.ok(!text.includes(token), told);
  }
  t.diagnostic(`${attempts.length} malformed requests: ${[...answered].map(([status, count]) => `${count} × ${status}`).join(", ")}`);
  assert.equal(await invitationState(serve, "Malformed"), "open");
  await enrollPhone(serve, token);
  await standsAfter(t, "After the malformed");
});

test("who tries tokens is made to wait, and locks out neither another phone nor one that is invited at the same address", {
  timeout: 120_000,
}, async (t) => {
  const token = await invite(serve, "At another address");
  const neighbour = await invite(serve, "Behind the same address");
  const guessers = "127.0.8.8";
  const statuses = new Map<number, number>();
  let isOver = false;
  const guess = async () => {
    while (!isOver) {
      const wrong = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
      const { status } = await askHouse(serve, `/i/${wrong}`, { from: guessers });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const guessing = Promise.all(Array.from({ length: 16 }, guess));
  try {
    // Who shows no invitation waits.
    while ((statuses.get(429) ?? 0) < 100) await delay(50);
    const elsewhere = await enrollPhone(serve, token);
    const beside = await enrollPhone(serve, neighbour, guessers);
    t.diagnostic(`meanwhile a phone enrolled in ${elsewhere.toFixed(0)} ms, one at the guesser's own address in ${beside.toFixed(0)} ms`);
  } finally {
    isOver = true;
    await guessing;
  }
  t.diagnostic(`guesses: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(", ")}`);
  assert.deepEqual([...statuses.keys()].toSorted(), [404, 429]);
  const { stdout } = await serve.latchkey("audit");
  for (const secret of [token, neighbour]) assert.ok(!stdout.includes(secret) && !serve.output().includes(secret));
  await standsAfter(t, "After the guessers");
});

/** What a page of somebody else's does in the browser of a person who has a link that is open. */
const ATTACKS = `
const house = location.hash.slice(1).split("|")[0], token = location.hash.slice(1).split("|")[1];
const form = (target) => {
  const one = Object.assign(document.createElement("form"), { method: "POST", action: house + "/i/" + token, target });
  for (const [name, value] of [["formToken", "x".repeat(65)], ["format", "pem"]]) one.append(Object.assign(document.createElement("input"), { name, value }));
  document.body.append(one);
  one.submit();
};
const body = JSON.stringify({ token, format: "pem" });
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
  const frame = Object.assign(document.createElement("iframe"), { name: "frame" });
  document.body.append(frame);
  form("frame");
  const opened = globalThis.open(house + "/i/" + token);
  const results = {
    simple: await told(fetch(house + "/api/v1/enrollments", { method: "POST", mode: "no-cors", credentials: "include", body })),
    beacon: navigator.sendBeacon(house + "/api/v1/enrollments", new Blob([body], { type: "text/plain" })),
    preflighted: await told(fetch(house + "/api/v1/enrollments", { method: "POST", headers: { "Content-Type": "application/json" }, body })),
    read: await told(fetch(house + "/i/" + token)),
    script: await loads("script", "/enroll.js", "src"),
    style: await loads("link", "/style.css", "href"),
    image: await loads("img", "/i/" + token, "src"),
  };
  await new Promise((resolve) => setTimeout(resolve, 1500));
  try {
    results.opened = opened === null ? "blocked" : String(opened.document?.body.innerHTML.length);
  } catch (error) {
    results.opened = error.name;
  }
  try {
    results.framed = String(frame.contentDocument?.body.innerHTML.length ?? "out of reach");
  } catch (error) {
    results.framed = error.name;
  }
  return results;
};
`;

test("a page of another origin can neither use nor read, frame or embed anything of an open invitation", { timeout: 120_000 }, async () => {
  const token = await invite(serve, "Visiting evil");
  const evil = createServer((_request, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<!doctype html><title>evil</title><body><script>${ATTACKS}</script>`);
  });
  await new Promise<void>((resolve) => evil.listen(0, "127.0.0.1", resolve));
  const browser = await startChromium({ ignoreHTTPSErrors: true });
  try {
    const house = `https://localhost:${port}`;
    const page = await browser.context.newPage();
    await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/#${house}|${token}`);
    const framed = page.waitForResponse((response) => response.request().method() === "POST" && response.url().startsWith(`${house}/i/`));
    const results = (await page.evaluate("attack()")) as Record<string, unknown>;
    // The form of another site arrives, and is refused for want of the page's own token.
    assert.equal((await framed).status(), 403);
    assert.deepEqual(
      { simple: results.simple, preflighted: results.preflighted, read: results.read },
      // The first is sent, as browsers do, and refused for its type; what it answers, the page can't see.
      { simple: "TypeError", preflighted: "TypeError", read: "TypeError" },
    );
    assert.deepEqual(
      { script: results.script, style: results.style, image: results.image },
      { script: "refused", style: "refused", image: "refused" },
    );
    assert.match(String(results.opened), /SecurityError|blocked|^0$|TypeError/);
    assert.match(String(results.framed), /SecurityError|out of reach|TypeError/);
    assert.equal(await invitationState(serve, "Visiting evil"), "open");
    for (const frame of page.frames().slice(1)) assert.doesNotMatch(await frame.content(), /formToken/);
  } finally {
    await browser.close();
    evil.close();
  }
  await enrollPhone(serve, token);
});

test("each kind of refusal stands in the audit log, as a count, and there are few records of however many", {
  timeout: 180_000,
}, async () => {
  const token = await invite(serve, "Audited");
  const from = "127.0.7.7";
  const form = { "Content-Type": "application/x-www-form-urlencoded" };
  await askHouse(serve, "/healthz", { from, headers: { Host: "evil.example" } });
  await askHouse(serve, `/i/${"A".repeat(22)}`, { from });
  await askHouse(serve, `/i/${token}`, { from, method: "POST", headers: form, body: "formToken=guessed" });
  await askHouse(serve, "/nothing", { from });
  await sendRaw({ port, from }, "no request\r\n\r\n");
  await sendRaw({ port, from }, `GET /healthz HTTP/1.1\r\nHost: localhost:${port}\r\nX: ${"y".repeat(20_000)}\r\n\r\n`);
  while ((await askHouse(serve, "/openapi.json", { from })).status !== 429);
  // What is counted and not reported yet is reported at the service's end.
  await serve.end("SIGTERM");
  await serve.start();
  const { stdout } = await serve.latchkey("audit");
  const refused = stdout.split("\n").filter((line) => line.includes("enrollment.refused"));
  const reasons = ["NOT_ON_LAN", "INVITATION_NOT_FOUND", "ORIGIN_NOT_ALLOWED", "FIELD_INVALID", "MESSAGE_TOO_LARGE", "TOO_MANY_REQUESTS"];
  for (const reason of reasons) {
    assert.ok(
      refused.some((line) => line.includes(`${reason} `)),
      `${reason} is not among\n${refused.join("\n")}`,
    );
  }
  assert.ok(!stdout.includes(token));
  assert.ok(refused.length < 20, `${refused.length} records`);
});
