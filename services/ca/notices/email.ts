import type { Settings } from "../../config.js";
import type { Channel } from "./channel.js";
import type { Message } from "./message.js";
import { NoticeProblem, problemOf } from "./problem.js";
import { readCas, readSetting } from "./setting-file.js";
import { withTimeLimit } from "./time-limit.js";

type EmailSettings = NonNullable<Settings["notices"]["email"]>;

const LONGEST_MILLIS = 30_000;
/** RFC 6409, RFC 8314 and RFC 5321. */
const PORTS = { starttls: 587, tls: 465, none: 25 } as const;

/** Hands messages to a mail server by SMTP. nodemailer does the talking; it is loaded where it is needed. */
export function createEmailChannel(settings: EmailSettings): Channel {
  const port = settings.port ?? PORTS[settings.security];
  return {
    name: "email",
    receiver: `${settings.host}:${port}`,

    async send(message, signal) {
      const { createTransport } = await import("nodemailer");
      const password = await readPassword(settings);
      const transport = createTransport({
        host: settings.host,
        port,
        secure: settings.security === "tls",
        requireTLS: settings.security === "starttls",
        ignoreTLS: settings.security === "none",
        tls: await readCas(settings.caFile),
        connectionTimeout: LONGEST_MILLIS,
        greetingTimeout: LONGEST_MILLIS,
        socketTimeout: LONGEST_MILLIS,
        ...(settings.user === undefined ? {} : { auth: { user: settings.user, pass: password } }),
      });
      try {
        const send = (limit: AbortSignal) => transport.sendMail({ ...mailOf(message, settings), signal: limit });
        const { accepted, rejected } = await withTimeLimit(LONGEST_MILLIS, signal, send);
        return rejected.length === 0
          ? "taken over by the mail server"
          : `taken over for ${accepted.length} of ${settings.to.length} addresses`;
      } catch (error) {
        throw problemOfSmtp(error);
      } finally {
        transport.close();
      }
    },

    async check() {
      await readPassword(settings);
      await readCas(settings.caFile);
    },
  };
}

/** The mail itself: plain text, from and to whom the settings say. */
export function mailOf({ id, subject, text }: Message, { from, to }: Pick<EmailSettings, "from" | "to">) {
  const domain = from.slice(from.lastIndexOf("@") + 1);
  return {
    from: { name: "Latchkey", address: from },
    to: to.map((address) => ({ name: "", address })),
    subject,
    text,
    messageId: `<${id}@${domain}>`,
    // RFC 3834: no out-of-office note answers this.
    headers: { "Auto-Submitted": "auto-generated" },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

async function readPassword({ passwordFile }: EmailSettings): Promise<string> {
  return passwordFile === undefined ? "" : (await readSetting(passwordFile, "The mail server's password")).replace(/\r?\n$/, "");
}

/** The server's number and what it answered to; never its words, which could hold what was sent to it. */
function problemOfSmtp(error: unknown): NoticeProblem {
  const { code, originalCode, responseCode, command } = error as Partial<
    Record<"code" | "originalCode" | "responseCode" | "command", unknown>
  >;
  const number = typeof responseCode === "number" ? ` (${responseCode})` : "";
  if (code === "EAUTH" || code === "ENOAUTH") return new NoticeProblem(`the mail server refuses this user and password${number}`);
  if (typeof responseCode === "number") {
    const verb = typeof command === "string" ? (/^(EHLO|HELO|STARTTLS|MAIL FROM|RCPT TO|DATA)\b/.exec(command)?.[1] ?? "") : "";
    return new NoticeProblem(`the mail server answered ${responseCode}${verb === "" ? "" : ` to ${verb}`}`);
  }
  // nodemailer puts a code of its own over the system's.
  const underlying = typeof originalCode === "string" ? originalCode : code;
  if (underlying === "ETLS") {
    return new NoticeProblem(
      "no TLS came about: the mail server offers none on this port (`security`), or its certificate comes from a CA that this host does not know (`caFile`)",
    );
  }
  return problemOf(Object.assign(new Error(), { code: underlying }));
}
