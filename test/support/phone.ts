import { request as httpsRequest } from "node:https";
import type { TestServe } from "./serve.js";

/** What an answer was. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The asker's own address. */
  readonly from?: string;
  /** The certificate that the asker shows, and its key: PEM. */
  readonly identity?: { readonly certificate: string; readonly key: string };
}

/** One request to the enrolment service of a running `latchkey serve`. */
export function askHouse({ run }: TestServe, path: string, asking: Asking = {}): Promise<Answered> {
  return askPort(Number(run.enroll.split(":").at(-1)), path, asking);
}

/** One request on a connection of its own. Status 0: it was closed without an answer. */
export function askPort(
  port: number,
  path: string,
  { method = "GET", headers = {}, body, from, identity }: Asking = {},
): Promise<Answered> {
  return new Promise((resolve) => {
    const request = httpsRequest({
      ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
      host: "127.0.0.1",
      servername: "localhost",
      port,
      path,
      method,
      headers: { Host: `localhost:${port}`, ...headers },
      rejectUnauthorized: false,
      agent: false,
      ...(from === undefined ? {} : { localAddress: from }),
    });
    const fail = (error: Error) => resolve({ status: 0, headers: {}, text: error.message });
    request.setTimeout(20_000, () => request.destroy(new Error("no answer within 20 s")));
    request.on("error", fail);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString("latin1") }),
      );
    });
    request.end(body);
  });
}

/** `latchkey invite`: answers the token. */
export async function invite(serve: TestServe, deviceName: string): Promise<string> {
  const { code, stdout, stderr } = await serve.latchkey("invite", deviceName, "--json");
  if (code !== 0) throw new Error(stderr);
  const { token } = JSON.parse(stdout) as { token: string };
  return token;
}

/** `open`, `redeemed` … */
export async function invitationState(serve: TestServe, deviceName: string): Promise<string | undefined> {
  const { stdout } = await serve.latchkey("invitation", "list", "--json");
  const found = JSON.parse(stdout) as { deviceName: string; state: string }[] | { invitations: { deviceName: string; state: string }[] };
  const invitations = Array.isArray(found) ? found : found.invitations;
  return invitations.find((one) => one.deviceName === deviceName)?.state;
}

/**
 * What a phone's browser does, without its person: the page, what the page loads, the form, the bundle. Answers how long it took, in ms. Throws when any of
 * it is not as it should be.
 */
export async function enrollPhone(serve: TestServe, token: string, from?: string): Promise<number> {
  const begun = performance.now();
  const own = from === undefined ? {} : { from };
  const page = await expectStatus(200, `/i/${token}`, own);
  await Promise.all(["/style.css", "/enroll.js"].map((path) => expectStatus(200, path, own)));
  const [, formToken = ""] = /name="formToken" value="([^"]+)"/.exec(page.text) ?? [];
  const posted = await expectStatus(303, `/i/${token}`, {
    ...own,
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ formToken, platform: "android" }).toString(),
  });
  const [path] = String(posted.headers.location).split("?");
  await expectStatus(200, `${path}?file=1`, own);
  return performance.now() - begun;

  async function expectStatus(status: number, path: string, asking: Asking): Promise<Answered> {
    const answer = await askHouse(serve, path, asking);
    if (answer.status !== status)
      throw new Error(`${path.slice(0, 12)}… answered ${answer.status}, not ${status}: ${answer.text.slice(0, 300)}`);
    return answer;
  }
}
