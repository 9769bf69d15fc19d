import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock, type TestContext } from "node:test";
import { startTestAuthority, type TestAuthority } from "./authority.js";
import { type MailServer, readMails, startMailServer } from "./mail-server.js";
import { startWebhookReceiver, type WebhookReceiver } from "./webhook-receiver.js";

export const DAY_MILLIS = 24 * 3600_000;
/** What a receiver such as Home Assistant takes for the only secret. */
export const HOOK_PATH = "/api/webhook/5e3cf1a7d0b94c6f8d27-secret-path?key=secret-query";

/** A CA whose devices live 100 days, with a webhook's receiver and a mail server beside it, and a clock that the test sets. */
export interface NoticesWorld {
  readonly ca: TestAuthority;
  readonly hook: WebhookReceiver;
  readonly mail: MailServer;
  readonly secret: string;
  readonly password: string;
  /** Starts the CA anew, so many days after the first start. What a start does is done when it resolves. */
  restartOn(day: number, meanwhile?: () => Promise<void>): Promise<void>;
  /** The ids of the notices that have arrived by webhook. */
  hookIds(): string[];
  /** The subjects of the mails that have arrived. */
  subjects(): string[];
  warnings(): string[];
}

export async function startNoticesWorld(t: TestContext, tls?: { readonly cert: string; readonly key: string }): Promise<NoticesWorld> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-notices-"));
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const password = `pw-${randomBytes(8).toString("hex")}`;
  const [secretFile, passwordFile, caFile] = ["notices.secret", "mail.password", "ca.pem"].map((name) => join(folder, name));
  await writeFile(secretFile ?? "", `${secret}\n`);
  await writeFile(passwordFile ?? "", `${password}\n`);
  await writeFile(caFile ?? "", tls?.cert ?? "");
  const hook = await startWebhookReceiver(tls);
  const mail = await startMailServer(tls === undefined ? {} : { tls, login: { user: "latchkey", password } });
  const secured = tls === undefined ? { security: "none" } : { caFile, user: "latchkey", passwordFile };
  const began = Date.now();
  const ca = await startTestAuthority({
    profiles: { device: { days: 100 } },
    notices: {
      webhook: { url: `${hook.origin}${HOOK_PATH}`, secretFile, ...(tls === undefined ? {} : { caFile }) },
      email: { host: "127.0.0.1", port: mail.port, from: "latchkey@home.example.com", to: ["anna@home.example.com"], ...secured },
    },
  });
  t.after(async () => {
    mock.timers.reset();
    await ca.stop();
    await hook.down().catch(() => undefined);
    await mail.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    ca,
    hook,
    mail,
    secret,
    password,
    async restartOn(day, meanwhile) {
      mock.timers.reset();
      mock.timers.enable({ apis: ["Date"], now: began + day * DAY_MILLIS });
      await ca.restart(meanwhile);
      await ca.ca.runNotices();
    },
    hookIds: () => hook.received.map(({ headers }) => String(headers["webhook-id"])),
    subjects: () => readMails(mail.mails.map(({ raw }) => raw)).map(({ headers }) => new Map(headers).get("Subject") ?? ""),
    warnings: () => ca.ca.warnings().map(({ code, message }) => `${code} ${message}`),
  };
}
