import { get } from "node:http";
import type { HoleCode } from "../../clients/nginx/settings/hole.js";
import { type Answer, ask, type Device } from "../support/device.js";
import type { Door, DoorSettings } from "../support/door.js";
import { recordEarlyData, replay } from "../support/early-data.js";

/** One door whose settings leave a hole: who gets in by it, for real, and what the hook calls it. */
export interface Hole {
  readonly name: string;
  /** A hole's code; or the reason why the hook says nothing about these settings. */
  readonly code: HoleCode | "NGINX_SETTINGS_UNREADABLE";
  readonly settings: (place: Surroundings) => DoorSettings;
  /** Files beside nginx.conf, by their names there. */
  readonly files?: (place: Surroundings) => Readonly<Record<string, string>>;
  /** Before anything is revoked: what the visitor brings along. */
  readonly prepare?: (visitor: Visitor) => Promise<void>;
  /** A generation of nginx that it is no hole on; the hook, which can't tell what comes next, names it all the same. */
  readonly notOn?: string;
  /** After the lost phone is revoked. Is the visitor in? */
  readonly isOpen: (visitor: Visitor) => Promise<boolean>;
}

export interface Surroundings {
  /** The hook's folder. */
  readonly dir: string;
  /** nginx's folder. */
  readonly folder: string;
  readonly port: number;
  /** Another port, for another server. */
  readonly otherPort: number;
  /** `location / { … }`, which passes to the backend. */
  readonly home: string;
}

export interface Visitor extends Surroundings {
  readonly lost: Device;
  readonly good: Device;
  readonly nobody: Device;
  /** A phone of another CA. */
  readonly foreign: Device;
  readonly door: Door;
  session?: Buffer;
}

const ours = (dir: string) => `ssl_client_certificate ${dir}/devices-ca.pem; ssl_crl ${dir}/devices-crl.pem;`;
export const certificate = (dir: string) => `ssl_certificate ${dir}/server.crt; ssl_certificate_key ${dir}/server.key;`;
export const VERIFIES = "ssl_verify_client on;";
export const NO_SESSIONS = "ssl_session_cache off; ssl_session_tickets off;";

export const isHome = ({ status, body }: Answer) => status === 200 && body.includes("home");
export const resume = async ({ lost, session }: Visitor, version: "TLSv1.2" | "TLSv1.3" = "TLSv1.2") =>
  isHome(await ask(lost, { version, ...(session && { session }) }));
export const keepSession = async (visitor: Visitor, version: "TLSv1.2" | "TLSv1.3" = "TLSv1.2") => {
  const { session } = await ask(visitor.lost, { version });
  if (session !== undefined) visitor.session = session;
};
/** A server on another port that lets in every device, revoked or not. */
const withoutCrl = ({ dir, otherPort, home }: Surroundings) =>
  `server { listen 127.0.0.1:${otherPort} ssl; ${certificate(dir)} ssl_client_certificate ${dir}/devices-ca.pem; ${VERIFIES} ${home} }`;
/** A client that names no server in its handshake: it begins with the port's default server, and its Host names the door. */
const asNobodyInParticular = { servername: "" };

export const HOLES: readonly Hole[] = [
  {
    name: "a shared session cache",
    code: "SHARED_SESSION_CACHE",
    settings: () => ({ sessions: "ssl_session_cache shared:SSL:1m; ssl_session_tickets off;" }),
    prepare: keepSession,
    isOpen: resume,
  },
  {
    name: "a shared session cache in http, beside a builtin one in the door",
    code: "SHARED_SESSION_CACHE",
    settings: () => ({
      http: "ssl_session_cache shared:SSL:1m;",
      sessions: "ssl_session_cache builtin:1000;",
    }),
    // Until 1.23.2 the ticket keys did not lie in the shared memory.
    notOn: "debian-12",
    prepare: keepSession,
    isOpen: resume,
  },
  {
    name: "a shared session cache in the port's default server, which does not say ssl",
    code: "SHARED_SESSION_CACHE",
    settings: ({ dir, port }) => ({
      after: `server { listen 127.0.0.1:${port} default_server; server_name other.example; ${certificate(dir)} ssl_session_cache shared:S:1m; ssl_session_tickets off; return 404; }`,
    }),
    prepare: (visitor) => keepSession(visitor, "TLSv1.3"),
    isOpen: (visitor) => resume(visitor, "TLSv1.3"),
  },
  {
    name: "a file of ticket keys",
    code: "SESSION_TICKET_KEY",
    settings: ({ folder }) => ({ sessions: `ssl_session_cache off; ssl_session_tickets on; ssl_session_ticket_key ${folder}/ticket.key;` }),
    prepare: keepSession,
    isOpen: resume,
  },
  {
    name: "a file of ticket keys in the port's default server",
    code: "SESSION_TICKET_KEY",
    settings: ({ port, folder }) => ({
      http: `server { listen 127.0.0.1:${port} ssl; ssl_reject_handshake on; ssl_session_ticket_key ${folder}/ticket.key; }`,
      sessions: "ssl_session_cache off;",
    }),
    prepare: keepSession,
    isOpen: resume,
  },
  {
    name: "requests before the handshake is done",
    code: "EARLY_DATA",
    settings: () => ({ sessions: "ssl_session_cache none; ssl_early_data on;" }),
    // A stranger on the way, without any key, has a good phone's request carried out once more.
    isOpen: async ({ good, door }) => {
      const recorded = await recordEarlyData(good, "GET /unlock HTTP/1.1\r\nHost: localhost\r\n\r\n");
      const times = () => door.backend.requests.filter((line) => line === "GET /unlock").length;
      const before = times();
      await replay(recorded, door.port);
      return times() > before;
    },
  },
  {
    name: "verification that is optional",
    code: "VERIFY_CLIENT_NOT_ON",
    settings: ({ dir }) => ({ verification: `${ours(dir)} ssl_verify_client optional;` }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody)),
  },
  {
    name: "verification by any CA",
    code: "VERIFY_CLIENT_NOT_ON",
    settings: ({ dir }) => ({ verification: `${ours(dir)} ssl_verify_client optional_no_ca;` }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody)),
  },
  {
    name: "a CRL that is left out",
    code: "CRL_MISSING",
    settings: ({ dir }) => ({ verification: `ssl_client_certificate ${dir}/devices-ca.pem; ${VERIFIES}` }),
    isOpen: async ({ lost }) => isHome(await ask(lost)),
  },
  {
    name: "a copy of the CRL",
    code: "CRL_NOT_OURS",
    settings: ({ dir, folder }) => ({
      verification: `ssl_client_certificate ${dir}/devices-ca.pem; ssl_crl ${folder}/copy.pem; ${VERIFIES}`,
    }),
    isOpen: async ({ lost }) => isHome(await ask(lost)),
  },
  {
    name: "a server on another port that verifies by a copy of the CA",
    code: "CRL_MISSING",
    settings: ({ dir, folder, otherPort, home }) => ({
      after: `server { listen 127.0.0.1:${otherPort} ssl; ${certificate(dir)} ssl_client_certificate ${folder}/both-cas.pem; ${VERIFIES} ${home} }`,
    }),
    isOpen: async ({ lost, otherPort }) => isHome(await ask({ ...lost, port: otherPort })),
  },
  {
    name: "a server in a file that is included by a name with a dot in it",
    code: "CRL_MISSING",
    settings: () => ({ http: "include ./sites/*.conf;" }),
    files: (place) => ({ "sites/two.conf": withoutCrl(place) }),
    isOpen: async ({ lost, otherPort }) => isHome(await ask({ ...lost, port: otherPort })),
  },
  {
    name: "a server behind a comment that looks like the beginning of another file",
    code: "NGINX_SETTINGS_UNREADABLE",
    settings: () => ({ http: "include sites/*.conf;" }),
    files: (place) => ({ "sites/two.conf": `# configuration file ${place.folder}/sites/two.old:\n${withoutCrl(place)}` }),
    isOpen: async ({ lost, otherPort }) => isHome(await ask({ ...lost, port: otherPort })),
  },
  {
    name: "a default server that verifies by a copy of the CA",
    code: "CRL_MISSING",
    settings: ({ dir, folder, port }) => ({
      http: `server { listen 127.0.0.1:${port} ssl; server_name other.example; ${certificate(dir)} ${NO_SESSIONS} ssl_client_certificate ${folder}/copy-of-ca.pem; ${VERIFIES} return 404; }`,
    }),
    isOpen: async ({ lost }) => isHome(await ask(lost, asNobodyInParticular)),
  },
  {
    name: "a default server that verifies by another CA",
    code: "NEIGHBOUR_TRUSTS_OTHERS",
    settings: ({ dir, folder, port }) => ({
      after: `server { listen 127.0.0.1:${port} default_server; server_name other.example; ${certificate(dir)} ${NO_SESSIONS} ssl_client_certificate ${folder}/foreign-ca.pem; ${VERIFIES} return 404; }`,
    }),
    isOpen: async ({ foreign }) =>
      isHome(await ask(foreign, asNobodyInParticular)) && isHome(await ask(foreign, { servername: "nobody.example" })),
  },
  {
    name: "a trusted CA for stapling",
    code: "TRUSTED_CERTIFICATE",
    settings: ({ dir, folder }) => ({
      // Without ssl_crl: with it, a CA that has no CRL there is refused.
      verification: `ssl_client_certificate ${dir}/devices-ca.pem; ${VERIFIES} ssl_trusted_certificate ${folder}/foreign-ca.pem;`,
    }),
    isOpen: async ({ foreign }) => isHome(await ask(foreign)),
  },
  {
    name: "another CA beside our CRL",
    code: "CLIENT_CA_NOT_OURS",
    settings: ({ dir, folder }) => ({
      verification: `ssl_client_certificate ${folder}/both-cas.pem; ssl_crl ${folder}/both-crls.pem; ssl_trusted_certificate ${dir}/devices-ca.pem; ${VERIFIES}`,
    }),
    isOpen: async ({ foreign }) => isHome(await ask(foreign)),
  },
  {
    name: "another CA, told to OpenSSL past nginx",
    code: "TLS_COMMAND",
    settings: ({ folder }) => ({ more: `ssl_conf_command VerifyCAFile ${folder}/both-cas.pem;` }),
    isOpen: async ({ foreign, lost }) => isHome(await ask(foreign)) && isHome(await ask(lost)),
  },
  {
    name: "a default server that is told past nginx to ask for certificates",
    code: "TLS_COMMAND",
    settings: ({ dir, folder, port }) => ({
      http: `server { listen 127.0.0.1:${port} ssl; server_name other.example; ${certificate(dir)} ${NO_SESSIONS} ssl_conf_command VerifyMode Peer; ssl_conf_command VerifyCAFile ${folder}/foreign-ca.pem; return 404; }`,
    }),
    isOpen: async ({ foreign }) => isHome(await ask(foreign, asNobodyInParticular)),
  },
  {
    name: "an error page that is proxied",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: "error_page 495 496 =200 /denied.html;" }),
    isOpen: async ({ nobody, lost }) => isHome(await ask(nobody)) && isHome(await ask(lost)),
  },
  {
    name: "an error page for requests that are bad before anybody is asked for a certificate",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: "error_page 400 =200 /bad.html;" }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody, { head: "GET / HTTP/1.1" })),
  },
  {
    name: "an error page for methods that are refused before anybody is asked for a certificate",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: "error_page 405 =200 $uri;" }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody, { head: "TRACE / HTTP/1.1\r\nHost: localhost" })),
  },
  {
    name: "a refusal with an empty text, whose own code has an error page",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: 'recursive_error_pages on; error_page 495 496 @r; error_page 404 =200 /x; location @r { return 404 ""; }' }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody)),
  },
  {
    name: "a refusal that is a redirect, whose code has an error page",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: "recursive_error_pages on; error_page 495 496 @r; error_page 302 =200 /x; location @r { return 302 /x; }" }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody)),
  },
  {
    name: "a refusal that SSI reads, with words of the request in it",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({
      http: "ssi on;",
      more: 'error_page 495 496 @r; location @r { default_type text/html; return 400 "Not for $http_user_agent."; }',
    }),
    isOpen: async ({ nobody }) =>
      (await ask(nobody, { head: 'GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: <!--#include virtual="/" -->' })).body.includes("home"),
  },
  {
    name: "a refusal that another page is put before",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({
      http: "add_before_body /top;",
      more: 'error_page 495 496 =200 @r; location @r { default_type text/html; return 200 "No."; }',
    }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody)),
  },
  {
    name: "an action after every request",
    code: "POST_ACTION",
    settings: () => ({ more: "post_action /done;" }),
    isOpen: async ({ nobody, door }) => {
      const before = door.backend.requests.length;
      await ask(nobody);
      // The action comes after the answer.
      await new Promise((resolve) => setTimeout(resolve, 300));
      return door.backend.requests.slice(before).includes("GET /done");
    },
  },
  {
    name: "plain HTTP in the same server",
    code: "LISTENS_WITHOUT_TLS",
    settings: ({ folder }) => ({ more: `listen unix:${folder}/plain.sock;` }),
    isOpen: async ({ folder }) => (await askPlainly({ socketPath: `${folder}/plain.sock` })).includes("home"),
  },
  {
    name: "the backend, by plain HTTP of another server",
    code: "BACKEND_REACHABLE_WITHOUT_CERTIFICATE",
    // Loopback, by a name that the hook can't tell: nothing else is opened by a test.
    settings: ({ otherPort, home }) => ({ after: `server { listen 127.1:${otherPort}; ${home} }` }),
    isOpen: async ({ otherPort }) => (await askPlainly({ host: "127.0.0.1", port: otherPort })).includes("home"),
  },
];

function askPlainly(where: { socketPath: string } | { host: string; port: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ ...where, path: "/", headers: { host: "localhost" } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve(body));
    }).on("error", reject);
  });
}
