import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";
import { run } from "../interop/program.js";

/** A mail as Python's email package reads it. */
export interface Mail {
  /** Every header of the message, in order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A real mail server on loopback that keeps what it is given. */
export interface MailServer {
  readonly port: number;
  readonly mails: { readonly from: string; readonly to: readonly string[]; readonly raw: string }[];
  /** What it answers to a message from now on: an SMTP error, or nothing of the kind. */
  refuses: number | undefined;
  stop(): Promise<void>;
}

interface MailServerOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** `true`: TLS from the first octet on. */
  readonly secure?: boolean;
  readonly login?: { readonly user: string; readonly password: string };
}

export async function startMailServer({ tls, secure = false, login }: MailServerOptions = {}): Promise<MailServer> {
  const kept = { mails: [] as MailServer["mails"], refuses: undefined as number | undefined };
  const server = new SMTPServer({
    ...tls,
    secure,
    authOptional: login === undefined,
    disabledCommands: [...(tls === undefined ? ["STARTTLS"] : []), ...(login === undefined ? ["AUTH"] : [])],
    onAuth({ username, password }, _session, callback) {
      if (username === login?.user && password === login?.password) callback(null, { user: username });
      else callback(new Error(`not ${password}`));
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        if (kept.refuses !== undefined) {
          callback(Object.assign(new Error("not today"), { responseCode: kept.refuses }));
          return;
        }
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? "" : mailFrom.address;
        kept.mails.push({ from, to: rcptTo.map(({ address }) => address), raw: Buffer.concat(chunks).toString() });
        callback();
      });
    },
  });
  // A client that does not trust it breaks the handshake off.
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return Object.assign(kept, { port, stop: () => new Promise<void>((resolve) => server.close(() => resolve())) });
}

/** Reads mails with Python's email package: it knows nothing of who wrote them. */
export function readMails(raws: readonly string[]): Mail[] {
  const script = `
import email, email.policy, json, sys
def read(raw):
    mail = email.message_from_string(raw, policy=email.policy.default)
    return {"headers": [[name, str(value)] for name, value in mail.items()], "body": mail.get_body(("plain",)).get_content()}
print(json.dumps([read(raw) for raw in json.load(sys.stdin)]))`;
  return JSON.parse(run("python3", ["-c", script], JSON.stringify(raws)).text) as Mail[];
}
