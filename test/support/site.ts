import { mkdir, rm, writeFile } from "node:fs/promises";
import { type ClientRequest, createServer, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { connect, type SecureVersion } from "node:tls";
import { call } from "../../clients/connect/connect.js";
import { writeCredential } from "../../clients/connect/credential.js";
import { conclude } from "../../clients/nginx/conclusion.js";
import { createLog } from "../../clients/nginx/events.js";
import { nginxVersion } from "../../clients/nginx/nginx-version.js";
import { runOnce } from "../../clients/nginx/once.js";
import { renderNginx } from "../../clients/site/nginx.js";
import { textOf } from "../../clients/site/rendered-file.js";
import { siteSchema } from "../../clients/site/schema.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import type { TestAuthority } from "./authority.js";
import { listenAndEcho } from "./echo.js";
import { createNginx, freePorts, type TestNginx } from "./nginx.js";
import { createOperator } from "./operator.js";

/** What the backend heard, the newest last. */
export interface TestBackend {
  readonly port: number;
  readonly requests: readonly { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  close(): Promise<void>;
}

/** A site as `latchkey site render` writes it, with a real nginx, a real CA, the hook's files and real backends. */
export interface TestSite {
  readonly nginx: TestNginx;
  /** The hook's folder. */
  readonly dir: string;
  readonly httpsPort: number;
  readonly httpPort: number;
  readonly statusPort: number;
  /** The `servers` root, PEM. */
  readonly root: string;
  /** What `latchkey-nginx once` does: the newest CRL is installed, and proved once nginx runs. Answers its exit code and its complaints. */
  refresh(): Promise<{ readonly exitCode: number; readonly complaints: readonly string[] }>;
  /** Renders, puts in place, and starts nginx anew. */
  use(settings: SiteSettings): Promise<void>;
  stop(): Promise<void>;
}

export interface SiteSettings {
  readonly sites: readonly { readonly domain: string; readonly aliases?: readonly string[]; readonly backend: string }[];
  readonly nginx?: object;
  /** In place of that which really runs. */
  readonly version?: string;
}

const NAMES = ["home.example.com", "nas.example.com", "files.example.com"];
let operators = 0;

export async function createSite(nginxCommand: string, authority: TestAuthority): Promise<TestSite> {
  const nginx = await createNginx(nginxCommand);
  const [httpsPort = 0, httpPort = 0, statusPort = 0] = await freePorts(3);
  const dir = join(nginx.folder, "latchkey");
  operators += 1;
  const operator = await createOperator(authority, `front-door-${operators}`, "nginx", NAMES);
  const credential = join(nginx.folder, "credential");
  await writeCredential({ ...operator, folder: credential, serverNames: NAMES });
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  const commands = { ...nginx.commands, statusUrl: `http://127.0.0.1:${statusPort}/latchkey-status` };
  const refresh = async () =>
    conclude(
      await runOnce(
        { credential, dir, commands, serverNames: undefined },
        createLog(() => {}),
      ),
    );
  await mkdir(join(nginx.folder, "conf.d"));
  await refresh();

  return {
    nginx,
    dir,
    httpsPort,
    httpPort,
    statusPort,
    root: anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "",
    refresh,
    async use({ sites, nginx: more = {}, version }) {
      const site = siteSchema.parse({
        sites,
        lan: { ipv4: "192.0.2.1" },
        nginx: { dir, addresses: ["127.0.0.1"], httpsPort, httpPort, statusPort, user: "root", ...more },
      });
      const files = renderNginx({ ...site, nginxVersion: version ?? (await nginxVersion(nginx.commands.nginx)) });
      const [conf = "", latchkey = ""] = files.map(textOf);
      await nginx.configure(inFolder(conf, nginx.folder));
      await writeFile(join(nginx.folder, "conf.d", "latchkey.conf"), latchkey);
      await nginx.stop();
      // What nginx said before belongs to other settings.
      await rm(join(nginx.folder, "error.log"), { force: true });
      await nginx.start();
    },
    stop: () => nginx.remove(),
  };
}

/** The same file, which writes nothing outside of the test's folder. */
function inFolder(conf: string, folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map(
    (name) => `${name}_temp_path ${folder}/${name.replace("client_", "")};`,
  );
  return conf
    .replaceAll("/run/nginx.pid", `${folder}/nginx.pid`)
    .replaceAll("/var/log/nginx/", `${folder}/`)
    .replaceAll("/etc/nginx/conf.d/", `${folder}/conf.d/`)
    .replace(/^http \{$/m, `http {\n  ${temporary.join("\n  ")}`);
}

/** Answers 200 with its name to everything, and echoes on WebSockets. */
export async function startNamedBackend(name: string): Promise<TestBackend> {
  const requests: { url: string; headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? "", headers: request.headers });
    response.setHeader("Strict-Transport-Security", "max-age=1");
    response.end(`${name}\n`);
  });
  return { ...(await listenAndEcho(server)), requests };
}

export interface Heard {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Without an answer: why. */
  readonly body: string;
}

export interface Visit {
  readonly identity?: { readonly certificate: string; readonly key: string } | undefined;
  /** The name in the handshake and in Host. */
  readonly name?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly version?: SecureVersion;
}

/** One request over TLS, on a connection of its own. */
export function visit(
  site: TestSite,
  { identity, name = "home.example.com", path = "/", headers = {}, version }: Visit = {},
): Promise<Heard> {
  return heard((done, failed) =>
    httpsRequest(
      {
        host: "127.0.0.1",
        port: site.httpsPort,
        path,
        servername: name,
        ca: site.root,
        headers: { Host: name, ...headers },
        agent: false,
        ...(identity && { cert: identity.certificate, key: identity.key }),
        ...(version && { minVersion: version, maxVersion: version }),
      },
      done,
    ).on("error", failed),
  );
}

/** One request over plain HTTP. */
export function visitPlainly(port: number, name: string, path = "/"): Promise<Heard> {
  return heard((done, failed) =>
    httpRequest({ host: "127.0.0.1", port, path, headers: { Host: name }, agent: false }, done).on("error", failed),
  );
}

function heard(send: (done: (response: IncomingMessage) => void, failed: (error: Error) => void) => ClientRequest): Promise<Heard> {
  return new Promise((resolve) => {
    const request = send(
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          body += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
      (error) => resolve({ status: 0, headers: {}, body: error.message }),
    );
    request.setTimeout(10_000, () => request.destroy(new Error("no answer within 10 s")));
    request.end();
  });
}

/** Does a handshake for this name go through? `undefined` names none. */
export function shakesHands(site: TestSite, name: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const named = name === undefined ? {} : { servername: name };
    const socket = connect({ host: "127.0.0.1", port: site.httpsPort, rejectUnauthorized: false, ...named });
    socket.once("secureConnect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
