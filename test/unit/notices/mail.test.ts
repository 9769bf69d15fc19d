import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTransport } from "nodemailer";
import type { NoticeRecord } from "../../../services/ca/authority/types.js";
import { mailOf } from "../../../services/ca/notices/email.js";
import { expiringMessage, testMessage } from "../../../services/ca/notices/message.js";
import { readMails } from "../../support/mail-server.js";
import { certificate, later, NOW } from "../../support/store.js";

const settings = { from: "latchkey@home.example.com", to: ["anna@home.example.com", "b.c+d@example.org"] };
const transport = createTransport({ streamTransport: true, buffer: true, newline: "windows" });

function notice(deviceName: string, owner = "") {
  const one = certificate({ deviceName, owner, notAfter: later(30) });
  const record: NoticeRecord = {
    serialNumber: one.serialNumber,
    daysBefore: 30,
    channel: "email",
    dueAt: NOW,
    state: { kind: "waiting", tries: 0, nextTryAt: NOW, problem: "" },
  };
  return expiringMessage(record, one);
}

async function written(message: ReturnType<typeof notice>): Promise<string> {
  return String((await transport.sendMail(mailOf(message, settings))).message);
}

test("a mail says which device, whose, when it ends, and what to do", async () => {
  const message = notice("Anna's phone", "Anna");
  const [mail] = readMails([await written(message)]);
  const headers = new Map(mail?.headers);
  assert.equal(headers.get("Subject"), `The certificate of "Anna's phone" ends in 30 days`);
  assert.equal(headers.get("From"), "Latchkey <latchkey@home.example.com>");
  assert.equal(headers.get("To"), "anna@home.example.com, b.c+d@example.org");
  assert.equal(headers.get("Message-ID")?.trim(), `<${message.id}@home.example.com>`);
  assert.equal(headers.get("Auto-Submitted"), "auto-generated");
  assert.match(headers.get("Content-Type") ?? "", /^text\/plain/);
  assert.match(mail?.body ?? "", /"Anna's phone" \(Anna\) ends on 2026-12-01 at 12:00 UTC: 30 days from 2026-11-01\./);
  assert.match(mail?.body ?? "", /^ {2}latchkey invite --renew "Anna's phone"$/m);
});

test("no name, however it was made, adds a header, a recipient or a line of its own", async () => {
  const wild = fc.oneof(
    fc.string({ unit: "binary", minLength: 1, maxLength: 80 }),
    fc.constantFrom(
      "\r\nBcc: x@y",
      "\n.\r\n",
      "=?utf-8?q?=0D=0ABcc:_x@y?=",
      "\u0085Bcc: x@y",
      "a\u2028Bcc: x@y",
      "<x@y>,",
      "\0",
      '\\"\r\n',
    ),
  );
  const name = fc.array(wild, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
  const samples = fc.sample(fc.tuple(name, name), { numRuns: 300, seed: 20261101 });
  const messages = samples.map(([device, owner]) => notice(device, owner));
  const raws = await Promise.all(messages.map(written));
  const plain = readMails([await written(notice("a phone"))])[0];
  const names = plain?.headers.map(([header]) => header);
  const lines = plain?.body.split("\n").length;
  for (const [at, { headers, body }] of readMails(raws).entries()) {
    assert.deepEqual(
      headers.map(([header]) => header),
      names,
    );
    assert.equal(new Map(headers).get("To"), "anna@home.example.com, b.c+d@example.org");
    assert.equal(body.split("\n").length, lines, JSON.stringify(samples[at]));
  }
});

test("the command in a notice is harmless to paste, whatever the name holds", () => {
  assert.match(notice('a `reboot` $(reboot) "phone" it\'s').text, /--renew 'a `reboot` \$\(reboot\) "phone" it'\\''s'$/m);
  assert.match(notice("Küche").text, /--renew "Küche"$/m);
});

test("the days are counted from when the notice became due, and one is one day", () => {
  const one = certificate({ notAfter: new Date(later(1).getTime() - 1) });
  const record = { serialNumber: one.serialNumber, daysBefore: 1, channel: "webhook", dueAt: NOW } as const;
  const message = expiringMessage({ ...record, state: { kind: "waiting", tries: 3, nextTryAt: later(1), problem: "x" } }, one);
  assert.match(message.subject, /ends in 1 day$/);
  assert.equal(message.data.daysLeft, 1);
  assert.equal(message.id, `expiring_${one.serialNumber}_1_webhook`);
});

test("a test notice is told from a real one", () => {
  const message = testMessage("0b2f7c1e-6a53-4f0e-9d0a-3f6f4f1f8a11", NOW);
  assert.deepEqual([message.type, message.data, message.id], ["notice.test", {}, "test_0b2f7c1e6a534f0e9d0a3f6f4f1f8a11"]);
});
