import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createEmailChannel } from "../../services/ca/notices/email.js";
import { testMessage } from "../../services/ca/notices/message.js";
import { createWebhookChannel } from "../../services/ca/notices/webhook.js";
import { settingsSchema } from "../../services/config.js";
import { temporaryFolder } from "../interop/program.js";
import { readMails, startMailServer } from "../support/mail-server.js";
import { selfSigned } from "../support/self-signed.js";
import { isSignedBy, startWebhookReceiver } from "../support/webhook-receiver.js";

const SECRET = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const MESSAGE = testMessage("0b2f7c1e-6a53-4f0e-9d0a-3f6f4f1f8a11", new Date("2026-11-01T12:00:00Z"));
const patient = () => new AbortController().signal;

async function fileWith(t: TestContext, content: string): Promise<string> {
  const file = join(temporaryFolder(t), "file");
  await writeFile(file, content);
  return file;
}

async function webhook(t: TestContext, url: string, more: object = {}) {
  const settings = settingsSchema.parse({ notices: { webhook: { url, secretFile: await fileWith(t, `${SECRET}\n`), ...more } } });
  assert.ok(settings.notices.webhook !== undefined);
  return createWebhookChannel(settings.notices.webhook);
}

function email(port: number, more: object) {
  const from = "latchkey@home.example.com";
  const { notices } = settingsSchema.parse({
    notices: { email: { host: "127.0.0.1", port, from, to: ["anna@home.example.com"], ...more } },
  });
  assert.ok(notices.email !== undefined);
  return createEmailChannel(notices.email);
}

/** Takes connections and does with them what the test says. */
async function listen(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test("a receiver's certificate is checked: one that nobody vouches for is refused, unless its CA is named", async (t) => {
  const tls = selfSigned();
  const receiver = await startWebhookReceiver(tls);
  t.after(() => receiver.down());
  const strange = await webhook(t, receiver.origin);
  await assert.rejects(strange.send(MESSAGE, patient()), { name: "NoticeProblem", message: /signed by nobody else: .*`caFile`/ });
  assert.equal(receiver.received.length, 0, "nothing was told to it");
  const trusted = await webhook(t, receiver.origin, { caFile: await fileWith(t, tls.cert) });
  assert.equal(await trusted.send(MESSAGE, patient()), "HTTP 204");
  assert.ok(receiver.received[0] !== undefined && isSignedBy(SECRET, receiver.received[0]));
});

test("a receiver whose certificate is for another name is told nothing, even if its CA is named", async (t) => {
  const tls = selfSigned("IP:127.0.0.9,DNS:elsewhere.example.org");
  const caFile = await fileWith(t, tls.cert);
  const receiver = await startWebhookReceiver(tls);
  t.after(() => receiver.down());
  await assert.rejects((await webhook(t, receiver.origin, { caFile })).send(MESSAGE, patient()), {
    message: "its certificate is for another name",
  });
  assert.equal(receiver.received.length, 0);
  for (const security of ["starttls", "tls"]) {
    const server = await startMailServer({ tls, secure: security === "tls" });
    t.after(() => server.stop());
    for (const host of ["127.0.0.1", "localhost"]) {
      await assert.rejects(email(server.port, { host, security, caFile }).send(MESSAGE, patient()), {
        message: /for another name|no TLS came about/,
      });
    }
    assert.equal(server.mails.length, 0, security);
  }
});

test("a receiver that never answers is given up in time, one that answers without an end is not listened to", async (t) => {
  const silent = await listen(t, () => {});
  const channel = await webhook(t, `http://127.0.0.1:${silent}/secret`);
  await assert.rejects(channel.send(MESSAGE, AbortSignal.timeout(300)), { message: "it did not answer in time" });

  let written = 0;
  const closed = new Promise<void>((resolve) => {
    void listen(t, (socket) => {
      socket.on("close", () => resolve());
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const go = () => {
        written += 8192;
        if (!socket.destroyed) socket.write(Buffer.alloc(8192), () => setTimeout(go, 5));
      };
      socket.once("data", go);
    }).then(async (port) => assert.equal(await (await webhook(t, `http://127.0.0.1:${port}/`)).send(MESSAGE, patient()), "HTTP 200"));
  });
  await closed;
  assert.ok(written < 1_000_000, `${written} octets were taken`);
});

test("a receiver that changes the subject instead of answering is an error, and not waited for", async (t) => {
  const answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
  const port = await listen(t, (socket) => socket.once("data", () => socket.write(answer)));
  const channel = await webhook(t, `http://127.0.0.1:${port}/`);
  await assert.rejects(channel.send(MESSAGE, patient()), { message: "the connection broke" });
});

test("what is no HTTP is said in words that hold nothing of the address but its host", async (t) => {
  const port = await listen(t, (socket) => socket.once("data", () => socket.end("SSH-2.0-/secret?key\r\n")));
  const channel = await webhook(t, `http://127.0.0.1:${port}/secret?key=1`);
  const error = await channel.send(MESSAGE, patient()).catch((one: Error) => one);
  assert.ok(error instanceof Error && error.name === "NoticeProblem" && !/secret|key/.test(error.message), String(error));
  assert.equal(channel.receiver, `127.0.0.1:${port}`);
});

test("a secret that was changed counts for the next message; one that can't be read is said with its file's name", async (t) => {
  const receiver = await startWebhookReceiver();
  t.after(() => receiver.down());
  const secretFile = await fileWith(t, SECRET);
  const channel = await webhook(t, receiver.origin, { secretFile });
  await channel.check();
  const next = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
  await writeFile(secretFile, next);
  await channel.send(MESSAGE, patient());
  assert.ok(receiver.received[0] !== undefined && isSignedBy(next, receiver.received[0]));
  await writeFile(secretFile, "not a secret");
  for (const attempt of [channel.check(), channel.send(MESSAGE, patient())]) {
    await assert.rejects(attempt, (error: Error) => /whsec_ and the base64/.test(error.message) && !error.message.includes("not a secret"));
  }
  await chmod(secretFile, 0o600);
  await writeFile(secretFile, "");
  await assert.rejects(channel.check(), { message: `The webhook's secret in ${secretFile} is empty, or too large` });
});

for (const security of ["starttls", "tls"] as const) {
  test(`mail goes over ${security}, with the password from its file, and to nobody whose certificate is strange`, async (t) => {
    const tls = selfSigned();
    const server = await startMailServer({ tls, secure: security === "tls", login: { user: "latchkey", password: "correct horse" } });
    t.after(() => server.stop());
    const passwordFile = await fileWith(t, "correct horse\n");
    const known = { security, user: "latchkey", passwordFile };
    await assert.rejects(email(server.port, known).send(MESSAGE, patient()), { name: "NoticeProblem", message: /`caFile`/ });
    assert.equal(server.mails.length, 0);
    const caFile = await fileWith(t, tls.cert);
    assert.equal(await email(server.port, { ...known, caFile }).send(MESSAGE, patient()), "taken over by the mail server");
    const [{ from, to, raw } = { from: "", to: [], raw: "" }] = server.mails;
    assert.deepEqual([from, to], ["latchkey@home.example.com", ["anna@home.example.com"]]);
    assert.equal(new Map(readMails([raw])[0]?.headers).get("Subject"), "A test notice from Latchkey");

    const wrong = email(server.port, { ...known, caFile, passwordFile: await fileWith(t, "wrong horse\n") });
    // The server repeats the password in its answer; nobody reads it here.
    await assert.rejects(wrong.send(MESSAGE, patient()), { message: "the mail server refuses this user and password (535)" });
  });
}

test("no mail goes to a server that offers no TLS, unless the settings say so", async (t) => {
  const server = await startMailServer();
  t.after(() => server.stop());
  await assert.rejects(email(server.port, {}).send(MESSAGE, patient()), { message: /no TLS came about|STARTTLS/ });
  assert.equal(server.mails.length, 0);
  assert.equal(await email(server.port, { security: "none" }).send(MESSAGE, patient()), "taken over by the mail server");
});

test("a mail server that says nothing is given up in time", async (t) => {
  const port = await listen(t, () => {});
  await assert.rejects(email(port, { security: "none" }).send(MESSAGE, AbortSignal.timeout(300)), { message: "it did not answer in time" });
});
