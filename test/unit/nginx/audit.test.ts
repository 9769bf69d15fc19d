import assert from "node:assert/strict";
import { test } from "node:test";
import { auditSettings, shutdownMillis } from "../../../clients/nginx/settings/audit.js";
import { HOLE_CODES } from "../../../clients/nginx/settings/hole.js";
import { SettingsError } from "../../../clients/nginx/settings/tokenize.js";

const DIR = "/var/lib/latchkey-nginx";
const DOOR = `
  listen 443 ssl;
  server_name home.example;
  ssl_certificate ${DIR}/server.crt;
  ssl_certificate_key ${DIR}/server.key;
  ssl_client_certificate ${DIR}/devices-ca.pem;
  ssl_crl ${DIR}/devices-crl.pem;
  ssl_verify_client on;
  ssl_session_cache off;
  ssl_session_tickets off;
`;
const dumpOf = (files: Record<string, string>) =>
  Object.entries(files)
    .map(([name, text]) => `# configuration file ${name}:\n${text}\n`)
    .join("\n");
const dump = (http: string, main = "worker_shutdown_timeout 2s;") =>
  dumpOf({ "/etc/nginx/nginx.conf": `${main}\nevents { }\nhttp {\n${http}\n}\n` });
const server = (more = "", without = "") =>
  `server { ${without === "" ? DOOR : DOOR.replace(new RegExp(`${without}[^;]*;`), "")} ${more} }`;
const codes = (http: string, main?: string) => auditSettings(dump(http, main), DIR).map(({ code }) => code);

const SAFE = [
  { name: "a door as `latchkey-nginx config` prints it", http: server() },
  {
    name: "tickets without a shared cache: their keys are new at every reload",
    http: server("", "ssl_session_cache").replace("ssl_session_tickets off;", ""),
  },
  { name: "no session cache at all, said as none", http: server("ssl_session_cache none;", "ssl_session_cache") },
  {
    name: "a page for 495 and 496 that only returns",
    http: server('error_page 495 496 @refused; location @refused { default_type text/html; return 400 "No."; }'),
  },
  { name: "a redirect to https", http: server("error_page 497 https://$host$request_uri;") },
  { name: "pages for what happens after the check", http: server("error_page 404 502 /50x.html; location = /50x.html { root /srv; }") },
  { name: "error pages inside a location", http: server("location / { error_page 400 /x.html; }") },
  {
    name: "a default server that refuses the handshake",
    http: `server { listen 443 ssl default_server; ssl_reject_handshake on; } ${server()}`,
  },
  { name: "another server on a port of its own", http: `${server()} server { listen 8443 ssl; ssl_session_cache shared:SSL:1m; }` },
  { name: "a neighbour where nothing can be resumed", http: `${server()} server { listen 443 ssl; ssl_session_tickets off; }` },
  { name: "plain HTTP in a server of its own", http: `${server()} server { listen 80; return 301 https://$host$request_uri; }` },
  { name: "our CA as the trusted one, too", http: server(`ssl_trusted_certificate ${DIR}/devices-ca.pem;`) },
  {
    name: "everything inherited from http",
    http: `${DOOR.replace(/listen[^;]*;|server_name[^;]*;/g, "")} server { listen 443 ssl; } server { listen 127.0.0.1:8481; }`,
  },
];

for (const { name, http } of SAFE) {
  test(`finds no hole in ${name}`, () => assert.deepEqual(auditSettings(dump(http), DIR), []));
}

const HOLES = [
  { code: "NO_SERVER_VERIFIES", name: "no server at all", http: "" },
  { code: "NO_SERVER_VERIFIES", name: "a server with another CA", http: "server { listen 443 ssl; ssl_client_certificate /other.pem; }" },
  { code: "VERIFY_CLIENT_NOT_ON", name: "verification left out", http: server("", "ssl_verify_client") },
  { code: "VERIFY_CLIENT_NOT_ON", name: "optional", http: server("ssl_verify_client optional;", "ssl_verify_client") },
  { code: "VERIFY_CLIENT_NOT_ON", name: "optional_no_ca", http: server("ssl_verify_client optional_no_ca;", "ssl_verify_client") },
  {
    code: "VERIFY_CLIENT_NOT_ON",
    name: "off, over http's on",
    http: `ssl_verify_client on; ${server("ssl_verify_client off;", "ssl_verify_client")}`,
  },
  {
    code: "CLIENT_CA_NOT_OURS",
    name: "another CA beside our CRL",
    http: server("ssl_client_certificate /other.pem;", "ssl_client_certificate"),
  },
  { code: "TRUSTED_CERTIFICATE", name: "a CA for stapling", http: server("ssl_trusted_certificate /etc/ssl/chain.pem;") },
  { code: "TRUSTED_CERTIFICATE", name: "a CA for stapling in http", http: `ssl_trusted_certificate chain.pem; ${server()}` },
  { code: "CRL_MISSING", name: "no CRL", http: server("", "ssl_crl") },
  { code: "CRL_NOT_OURS", name: "another CRL", http: server("ssl_crl other.pem;", "ssl_crl") },
  { code: "SHARED_SESSION_CACHE", name: "a shared cache", http: server("ssl_session_cache shared:SSL:10m;", "ssl_session_cache") },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache after a builtin one",
    http: server("ssl_session_cache builtin:1000 shared:SSL:10m;", "ssl_session_cache"),
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in http",
    http: `ssl_session_cache shared:SSL:10m; ${server("", "ssl_session_cache")}`,
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in the port's default server",
    http: `server { listen [::]:443 ssl default_server; ssl_reject_handshake on; ssl_session_cache shared:a:1m; } ${server()}`,
  },
  { code: "SESSION_TICKET_KEY", name: "a ticket key file", http: server("ssl_session_ticket_key /k;", "ssl_session_tickets") },
  {
    code: "ERROR_PAGE_OPENS",
    name: "a page that proxies",
    http: server("error_page 496 = @b; location @b { proxy_pass http://127.0.0.1:8123; }"),
  },
  { code: "ERROR_PAGE_OPENS", name: "a file", http: server("error_page 495 496 /denied.html;") },
  { code: "ERROR_PAGE_OPENS", name: "a file, in http", http: `error_page 495 /denied.html; ${server()}` },
  { code: "ERROR_PAGE_OPENS", name: "a location that is not there", http: server("error_page 495 @nowhere;") },
  { code: "ERROR_PAGE_OPENS", name: "405 answered by the page itself", http: server("error_page 405 =200 $uri;") },
  { code: "ERROR_PAGE_OPENS", name: "a bad request that is proxied", http: server("error_page 400 =200 /;") },
  {
    code: "ERROR_PAGE_OPENS",
    name: "a return without a text, and recursive error pages",
    http: server("recursive_error_pages on; error_page 495 @r; error_page 404 /; location @r { return 404; }"),
  },
  { code: "LISTENS_WITHOUT_TLS", name: "plain HTTP beside TLS", http: server("listen 80;") },
  { code: "LISTENS_WITHOUT_TLS", name: "a socket file beside TLS", http: server("listen unix:/run/nginx.sock;") },
  {
    code: "SERVER_WITHOUT_VERIFICATION",
    name: "a public neighbour",
    http: `${server()} server { listen 443 ssl; server_name blog.example; }`,
  },
] as const;

for (const { code, name, http } of HOLES) {
  test(`finds ${code}: ${name}`, () => assert.ok(codes(http).includes(code), codes(http).join()));
}

const TIMEOUTS = [
  { main: "", code: "NO_SHUTDOWN_TIMEOUT", millis: undefined },
  { main: "worker_shutdown_timeout 0;", code: "NO_SHUTDOWN_TIMEOUT", millis: undefined },
  { main: "worker_shutdown_timeout 1m30s;", code: "LONG_SHUTDOWN_TIMEOUT", millis: 90_000 },
  { main: "worker_shutdown_timeout 10;", code: undefined, millis: 10_000 },
  { main: "worker_shutdown_timeout 500ms;", code: undefined, millis: 500 },
];

for (const { main, code, millis } of TIMEOUTS) {
  test(`${main === "" ? "no worker_shutdown_timeout" : main} is ${code ?? "no hole"}`, () => {
    assert.deepEqual(codes(server(), main), code === undefined ? [] : [code]);
    assert.equal(shutdownMillis(dump(server(), main)), millis);
  });
}

test("every hole has a test here, a place and a remedy", () => {
  const tested = new Set<string>([...HOLES.map(({ code }) => code), ...TIMEOUTS.map(({ code }) => code ?? "")]);
  assert.deepEqual(
    HOLE_CODES.filter((code) => !tested.has(code)),
    [],
  );
  for (const hole of HOLES.flatMap(({ http }) => auditSettings(dump(http), DIR))) {
    assert.notEqual(hole.remedy, "");
    assert.ok(hole.code === "NO_SERVER_VERIFIES" || hole.message.includes("/etc/nginx/nginx.conf:"), hole.message);
  }
});

test("a hole that many servers inherit is named once", () => {
  const two = `ssl_session_cache shared:a:1m; ${server("", "ssl_session_cache")} ${server("", "ssl_session_cache")}`;
  assert.deepEqual(codes(two), ["SHARED_SESSION_CACHE"]);
});

test("included files are followed, by name, by pattern and relative to the main file", () => {
  const text = dumpOf({
    "/etc/nginx/nginx.conf": "worker_shutdown_timeout 2s;\nhttp { include sites/*.conf; include /srv/tls.conf; }",
    "/etc/nginx/sites/home.conf": `server { ${DOOR} }`,
    "/etc/nginx/sites/.old.conf": "server { listen 443 ssl; }",
    "/srv/tls.conf": "ssl_trusted_certificate chain.pem;",
  });
  assert.deepEqual(
    auditSettings(text, `${DIR}/`).map(({ code, message }) => [code, message.split(" ")[0]]),
    [["TRUSTED_CERTIFICATE", "/srv/tls.conf:1:"]],
  );
});

for (const [name, text] of [
  ["nothing", ""],
  ["a file that nginx did not print", dumpOf({ "/etc/nginx/nginx.conf": "include /etc/secret.conf;" })],
  ["a file that includes itself", dumpOf({ "/etc/nginx/nginx.conf": "include nginx.conf;" })],
] as const) {
  test(`says nothing about ${name}`, () => assert.throws(() => auditSettings(text, DIR), SettingsError));
}
