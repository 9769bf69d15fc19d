import assert from "node:assert/strict";
import { test } from "node:test";
import { auditSettings, shutdownMillis } from "../../../clients/nginx/settings/audit.js";
import { HOLE_CODES, type HoleCode } from "../../../clients/nginx/settings/hole.js";
import { codesOf, DIR, DOOR, door, dump, dumpOf, holesOf, read } from "./settings-world.js";

const REJECTS = "server { listen 443 ssl default_server; ssl_reject_handshake on; ssl_session_cache off; ssl_session_tickets off; }";
const ON_8123 = "location / { proxy_pass http://127.0.0.1:8123; }";
const homes = door(ON_8123);
const NEIGHBOUR = "listen 443 ssl; server_name blog.example; ssl_certificate b.crt; ssl_certificate_key b.key;";
const certbot = "ssl_session_cache shared:le_nginx_SSL:10m; ssl_session_timeout 1440m; ssl_session_tickets off;";
const refused = (inside = "", text = ' "No."', more = "") =>
  door(`error_page 495 496 @r; ${more} location @r { default_type text/plain; ${inside} return 400${text}; }`);

const SAFE = [
  { name: "a door as `latchkey-nginx config` prints it", http: door() },
  {
    name: "tickets without a shared cache: their keys are new at every reload",
    http: door("", "ssl_session_cache").replace("ssl_session_tickets off;", ""),
  },
  { name: "no session cache at all, said as none", http: door("ssl_session_cache none;", "ssl_session_cache") },
  {
    name: "http's shared cache, taken back with none",
    http: `ssl_session_cache shared:a:1m; ${door("ssl_session_cache none;", "ssl_session_cache")}`,
  },
  { name: "a page for 495 and 496 that only returns", http: refused() },
  { name: "a refusal that closes the connection", http: door("error_page 495 496 @r; location @r { return 444; }") },
  { name: "a refusal that sends elsewhere", http: door("error_page 496 @r; location @r { return 302 https://example.org/; }") },
  { name: "a refusal with a text, and recursive error pages", http: refused("", ' "No."', "recursive_error_pages on; error_page 404 /;") },
  { name: "a refusal that http's SSI is taken back for", http: `ssi on; add_before_body /top; ${refused('ssi off; add_before_body "";')}` },
  { name: "SSI and additions with nginx's own page", http: `ssi on; add_after_body /foot; ${door()}` },
  { name: "a redirect to https", http: door("error_page 497 https://$host$request_uri;") },
  { name: "pages for what happens after the check", http: door("error_page 404 502 /50x.html; location = /50x.html { root /srv; }") },
  { name: "error pages inside a location", http: door("location / { error_page 400 /x.html; post_action /done; }") },
  {
    name: "what comes after the check",
    http: door("try_files $uri /app; rewrite ^/a /b last; if ($args) { return 403; } auth_request /a; mirror /m;"),
  },
  { name: "a default server that refuses the handshake", http: `${REJECTS} ${door()}` },
  { name: "another server on a port of its own", http: `${door()} server { listen 8443 ssl; ssl_session_cache shared:SSL:1m; }` },
  {
    name: "another server on an address of its own",
    http: `${door()} server { listen 10.0.0.7:443 ssl; ssl_session_cache shared:SSL:1m; }`,
  },
  { name: "QUIC of another server beside the door's TCP", http: `${door()} server { listen 443 quic; ssl_session_cache shared:SSL:1m; }` },
  { name: "neighbours of any kind behind a default server that refuses", http: `${REJECTS} ${door()} server { ${NEIGHBOUR} ${certbot} }` },
  { name: "a neighbour with a shared cache after the door", http: `${door()} server { ${NEIGHBOUR} ${certbot} }` },
  {
    name: "a neighbour that verifies by its own CA, behind a default server that refuses",
    http: `server { ${NEIGHBOUR} ssl_client_certificate /etc/ssl/other.pem; ssl_verify_client on; } ${REJECTS} ${door()}`,
  },
  {
    name: "another server's clients of another CA, on a port of their own",
    http: `${door()} server { listen 8443 ssl; ssl_client_certificate /etc/ssl/other.pem; ssl_verify_client on; }`,
  },
  {
    name: "a CA file that can't be read, of a server that asks for no certificate",
    http: `${door()} server { listen 8443 ssl; ssl_trusted_certificate /etc/ssl/secret.pem; ssl_stapling_verify on; }`,
  },
  { name: "listen without ssl, where another server says it", http: `${REJECTS} ${door().replace("443 ssl", "443")}` },
  { name: "plain HTTP in a server of its own", http: `${door()} server { listen 80; return 301 https://$host$request_uri; }` },
  { name: "our CA as the trusted one, too", http: door(`ssl_trusted_certificate ${DIR}//./devices-ca.pem;`) },
  { name: "http's trusted certificate, taken back", http: `ssl_trusted_certificate chain.pem; ${door('ssl_trusted_certificate "";')}` },
  {
    name: "TLS towards the backend",
    http: door("proxy_ssl_verify on; proxy_ssl_crl x.pem; proxy_ssl_trusted_certificate y.pem; proxy_ssl_conf_command VerifyMode Peer;"),
  },
  {
    name: "algorithms and options for speed",
    http: door("ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384; ssl_conf_command Options KTLS,-SessionTicket,+PrioritizeChaCha;"),
  },
  { name: "OCSP and a deeper chain", http: door("ssl_ocsp on; ssl_verify_depth 3;") },
  { name: "certificates by a variable", http: door("ssl_certificate $dir/a.crt; ssl_certificate_key $dir/a.key;", "ssl_certificate_key") },
  {
    name: "everything inherited from http",
    http: `${DOOR.replace(/listen[^;]*;|server_name[^;]*;/g, "")} server { listen 443 ssl; } server { listen 127.0.0.1:8481; }`,
  },
  { name: "another server with another backend", http: `${homes} server { listen 80; location / { proxy_pass http://127.0.0.1:8080; } }` },
  {
    name: "the same backend on loopback alone",
    http: `${homes} server { listen 127.0.0.1:80; listen [::1]:80; listen unix:/run/x; ${ON_8123} }`,
  },
  { name: "the same backend for this host alone", http: `${homes} server { listen 80; allow 127.0.0.1; allow ::1; deny all; ${ON_8123} }` },
  {
    name: "the same backend for clients with a certificate of another CA",
    http: `${homes} server { listen 8443 ssl; ssl_client_certificate /etc/ssl/other.pem; ssl_verify_client on; ${ON_8123} }`,
  },
  {
    name: "a public CA's challenge, answered by the same program at both",
    http: `${door("location /.well-known/acme-challenge/ { proxy_pass http://127.0.0.1:81; }")} server { listen 80; location ^~ /.well-known/acme-challenge { proxy_pass http://127.0.0.1:81; } }`,
  },
  {
    name: "a portal that the door asks, and that is public itself",
    http: `${door("auth_request /authelia; location = /authelia { internal; proxy_pass http://127.0.0.1:9091/api/verify; }")} server { listen 80; location / { proxy_pass http://127.0.0.1:9091; } }`,
  },
  {
    name: "one PHP for all sites",
    http: `${door("location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; }")} server { listen 80; location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; } }`,
  },
  {
    name: "variables that lead elsewhere, by set and by map",
    http: `map $host $site { a.example 127.0.0.1:81; default $other; } map $host $other { default [::1]:82; } ${homes} server { listen 80; set $port 83; location /a { proxy_pass http://$site$request_uri; } location / { set $host_ "localhost"; proxy_pass $scheme://$host_:$port/; } }`,
  },
  {
    name: "modules whose directives are known",
    http: `lua_shared_dict a 1m; init_by_lua_block { x = { "}" } } brotli on; more_set_headers "a: b"; geoip2 /db { $c country; } ${door("vhost_traffic_status_zone; modsecurity on; access_by_lua_file a.lua;")}`,
  },
  { name: "what nobody knows, inside a location", http: door("location / { content_by_lua_block { ngx.say('{') } pagespeed on; }") },
];

for (const { name, http } of SAFE) {
  test(`finds no hole in ${name}`, async () => assert.deepEqual(await holesOf(dump(http)), []));
}

const HOLES: readonly { code: HoleCode; name: string; http: string }[] = [
  { code: "NO_SERVER_VERIFIES", name: "no server at all", http: "" },
  { code: "NO_SERVER_VERIFIES", name: "a server with another CA", http: "server { listen 443 ssl; ssl_client_certificate /other.pem; }" },
  {
    code: "NO_SERVER_VERIFIES",
    name: "our names, for the backend alone",
    http: `server { listen 443 ssl; proxy_ssl_crl ${DIR}/devices-crl.pem; }`,
  },
  { code: "VERIFY_CLIENT_NOT_ON", name: "verification left out", http: door("", "ssl_verify_client") },
  { code: "VERIFY_CLIENT_NOT_ON", name: "optional", http: door("ssl_verify_client optional;", "ssl_verify_client") },
  { code: "VERIFY_CLIENT_NOT_ON", name: "optional_no_ca", http: door("ssl_verify_client optional_no_ca;", "ssl_verify_client") },
  {
    code: "VERIFY_CLIENT_NOT_ON",
    name: "off, over http's on",
    http: `ssl_verify_client on; ${door("ssl_verify_client off;", "ssl_verify_client")}`,
  },
  {
    code: "CLIENT_CA_NOT_OURS",
    name: "another CA beside our CRL",
    http: door("ssl_client_certificate /other.pem;", "ssl_client_certificate"),
  },
  { code: "TRUSTED_CERTIFICATE", name: "a CA for stapling", http: door("ssl_trusted_certificate /etc/ssl/chain.pem;") },
  { code: "TRUSTED_CERTIFICATE", name: "a CA for stapling in http", http: `ssl_trusted_certificate chain.pem; ${door()}` },
  {
    code: "TRUSTED_CERTIFICATE",
    name: "a way that may lead elsewhere by a link",
    http: door(`ssl_trusted_certificate ${DIR}/x/../devices-ca.pem;`),
  },
  {
    code: "CA_FILE_UNREADABLE",
    name: "another server's CA that can't be read",
    http: `${door()} server { listen 8443 ssl; ssl_client_certificate /etc/ssl/secret.pem; ssl_verify_client on; }`,
  },
  { code: "CRL_MISSING", name: "no CRL", http: door("", "ssl_crl") },
  { code: "CRL_MISSING", name: "a CRL that is taken back", http: `ssl_crl ${DIR}/devices-crl.pem; ${door('ssl_crl "";', "ssl_crl")}` },
  ...["copy-of-devices", "copy-as-trusted", "both"].flatMap((file) => [
    {
      code: "CRL_MISSING" as const,
      name: `a server on another port that verifies by ${file}`,
      http: `${door()} server { listen 8443 ssl; ssl_client_certificate /etc/ssl/${file}.pem; ssl_verify_client on; }`,
    },
    {
      code: "CRL_MISSING" as const,
      name: `a server on another port that trusts ${file}, too`,
      http: `${door()} server { listen 8443 ssl; ssl_client_certificate /etc/ssl/other.pem; ssl_trusted_certificate /etc/ssl/${file}.pem; ssl_verify_client optional; }`,
    },
  ]),
  { code: "CRL_NOT_OURS", name: "another CRL", http: door("ssl_crl other.pem;", "ssl_crl") },
  { code: "SHARED_SESSION_CACHE", name: "a shared cache", http: door("ssl_session_cache shared:SSL:10m;", "ssl_session_cache") },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache after a builtin one",
    http: door("ssl_session_cache builtin:1000 shared:SSL:10m;", "ssl_session_cache"),
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in http",
    http: `ssl_session_cache shared:SSL:10m; ${door("", "ssl_session_cache")}`,
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in http, which a builtin one leaves in force",
    http: `ssl_session_cache shared:SSL:10m; ${door("ssl_session_cache builtin;", "ssl_session_cache")}`,
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache, said before a builtin one",
    http: door("ssl_session_cache shared:SSL:10m; ssl_session_cache builtin;", "ssl_session_cache"),
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in the port's default server",
    http: `server { listen *:443 ssl default_server; ssl_reject_handshake on; ssl_session_cache shared:a:1m; } ${door()}`,
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in the port's first server",
    http: `server { listen 0.0.0.0:443 ssl; ssl_session_cache shared:a:1m; } ${door()}`,
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in a default server that does not say ssl",
    http: `${door()} server { listen 443 default_server; ssl_session_cache shared:a:1m; return 404; }`,
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in a server of a range of ports",
    http: `server { listen 440-450 ssl; ssl_session_cache shared:a:1m; } ${door()}`,
  },
  {
    code: "SHARED_SESSION_CACHE",
    name: "a shared cache in a server on a name that may be the door's address",
    http: `server { listen home.example:443 ssl; ssl_session_cache shared:a:1m; } ${door("listen 10.0.0.7:443 ssl;")}`,
  },
  { code: "SESSION_TICKET_KEY", name: "a ticket key file", http: door("ssl_session_ticket_key /k;", "ssl_session_tickets") },
  {
    code: "SESSION_TICKET_KEY",
    name: "a ticket key file in the default server, whose own tickets are off",
    http: `server { listen 443 ssl default_server; ssl_reject_handshake on; ssl_session_tickets off; ssl_session_ticket_key /k; } ${door()}`,
  },
  { code: "EARLY_DATA", name: "requests before the handshake is done", http: door("ssl_early_data on;") },
  { code: "TLS_COMMAND", name: "another CA, past nginx", http: door("ssl_conf_command VerifyCAFile /other.pem;") },
  { code: "TLS_COMMAND", name: "tickets that are turned on again", http: door("ssl_conf_command Options -KTLS,SessionTicket;") },
  { code: "TLS_COMMAND", name: "unsafe renegotiation", http: `ssl_conf_command options UnsafeLegacyRenegotiation; ${door()}` },
  { code: "TLS_COMMAND", name: "a command nobody knows", http: door("ssl_conf_command Future on;") },
  {
    code: "TLS_COMMAND",
    name: "another CA, past nginx, in the default server",
    http: `server { listen 443 ssl default_server; ssl_conf_command VerifyMode Peer; } ${door()}`,
  },
  {
    code: "ERROR_PAGE_OPENS",
    name: "a page that proxies",
    http: door("error_page 496 = @b; location @b { proxy_pass http://127.0.0.1:8123; }"),
  },
  { code: "ERROR_PAGE_OPENS", name: "a file", http: door("error_page 495 496 /denied.html;") },
  { code: "ERROR_PAGE_OPENS", name: "a file, in http", http: `error_page 495 /denied.html; ${door()}` },
  { code: "ERROR_PAGE_OPENS", name: "a location that is not there", http: door("error_page 495 @nowhere;") },
  { code: "ERROR_PAGE_OPENS", name: "a target that a variable decides", http: door("error_page 495 $where;") },
  { code: "ERROR_PAGE_OPENS", name: "405 answered by the page itself", http: door("error_page 405 =200 $uri;") },
  { code: "ERROR_PAGE_OPENS", name: "a bad request that is proxied", http: door("error_page 400 =200 /;") },
  { code: "ERROR_PAGE_OPENS", name: "a code that nobody knows yet", http: door("error_page 493 /x;") },
  ...['""', ""].map((text) => ({
    code: "ERROR_PAGE_OPENS" as const,
    name: `a return without a text (${text}), and recursive error pages`,
    http: door(`recursive_error_pages on; error_page 404 /; error_page 495 @r; location @r { return 404 ${text}; }`),
  })),
  {
    code: "ERROR_PAGE_OPENS",
    name: "a redirect, and recursive error pages",
    http: door("recursive_error_pages on; error_page 302 /; error_page 495 @r; location @r { return 302 /x; }"),
  },
  { code: "ERROR_PAGE_OPENS", name: "a text that SSI reads", http: `ssi on; ${refused()}` },
  { code: "ERROR_PAGE_OPENS", name: "a page put before the text", http: `add_before_body /top; ${refused()}` },
  { code: "ERROR_PAGE_OPENS", name: "a page put after the text", http: refused("add_after_body /foot;") },
  { code: "ERROR_PAGE_OPENS", name: "a refusal that a condition decides", http: refused("if ($args) { return 200 a; }") },
  { code: "ERROR_PAGE_OPENS", name: "a refusal with a filter that nobody knows", http: refused("js_body_filter main.filter;") },
  { code: "POST_ACTION", name: "an action after every request", http: door("post_action /done;") },
  { code: "POST_ACTION", name: "an action after every request, in http", http: `post_action @done; ${door()}` },
  ...[
    "rewrite_by_lua_file a.lua",
    "body_filter_by_lua_block { }",
    "ssl_certificate_by_lua_block { }",
    "js_access main.ask",
    "pagespeed on",
  ].map((directive) => ({
    code: "UNKNOWN_DIRECTIVE" as const,
    name: directive,
    http: door(directive.endsWith("}") ? directive : `${directive};`),
  })),
  { code: "UNKNOWN_DIRECTIVE", name: "one in http", http: `pagespeed on; ${door()}` },
  {
    code: "UNKNOWN_DIRECTIVE",
    name: "one about TLS, where handshakes begin",
    http: `server { listen 443 ssl default_server; ssl_client_hello_by_lua_file a.lua; } ${door()}`,
  },
  { code: "LISTENS_WITHOUT_TLS", name: "plain HTTP beside TLS", http: door("listen 80;") },
  { code: "LISTENS_WITHOUT_TLS", name: "plain HTTP on another address", http: door("listen 127.0.0.1:443;") },
  { code: "LISTENS_WITHOUT_TLS", name: "a socket file beside TLS", http: door("listen unix:/run/nginx.sock;") },
  {
    code: "SERVER_WITHOUT_VERIFICATION",
    name: "a public neighbour, with tickets at the door",
    http: `${door("", "ssl_session_tickets")} server { ${NEIGHBOUR} }`,
  },
  {
    code: "SERVER_WITHOUT_VERIFICATION",
    name: "a public neighbour, with tickets where handshakes begin",
    http: `server { ${NEIGHBOUR} } ${door()}`,
  },
  ...["on", "optional", "optional_no_ca"].map((verify) => ({
    code: "NEIGHBOUR_TRUSTS_OTHERS" as const,
    name: `a default server that verifies by another CA (${verify})`,
    http: `${door()} server { listen 443 default_server; ssl_session_tickets off; ssl_client_certificate /etc/ssl/other.pem; ssl_verify_client ${verify}; }`,
  })),
  {
    code: "CRL_MISSING",
    name: "a default server that verifies by a copy of our CA",
    http: `${door()} server { listen 443 default_server; ssl_session_tickets off; ssl_client_certificate /etc/ssl/copy-of-devices.pem; ssl_verify_client on; }`,
  },
  ...[
    { name: "plain HTTP", other: `server { listen 80; ${ON_8123} }` },
    { name: "plain HTTP, without listen", other: `server { ${ON_8123} }` },
    { name: "TLS without verification", other: `server { listen 8443 ssl; ${ON_8123} }` },
    {
      name: "verification that is optional",
      other: `server { listen 8443 ssl; ssl_verify_client optional; ssl_client_certificate /etc/ssl/other.pem; ${ON_8123} }`,
    },
    { name: "the LAN alone", other: `server { listen 192.168.1.2:80; ${ON_8123} }` },
    { name: "some of the LAN", other: `server { listen 80; allow 127.0.0.1; allow 192.168.1.0/24; deny all; ${ON_8123} }` },
    {
      name: "whoever says that it is this host",
      other: `server { listen 80; set_real_ip_from 0.0.0.0/0; allow 127.0.0.1; deny all; ${ON_8123} }`,
    },
    { name: "whoever knows the password", other: `server { listen 80; satisfy any; auth_basic a; allow 127.0.0.1; deny all; ${ON_8123} }` },
    { name: "another name of the backend", other: "server { listen 80; location /x { proxy_pass http://localhost:8123/api/; } }" },
    { name: "an upstream", other: "upstream ha { server [::1]:8123; } server { listen 80; location / { proxy_pass http://ha; } }" },
    { name: "variables", other: "server { listen 80; set $h 127.0.0.1; location / { if ($args) { proxy_pass http://$h:8123; } } }" },
    {
      name: "a map",
      other: "map $host $b { default 127.0.0.1:81; x.example 127.0.0.1:8123; } server { listen 80; location / { proxy_pass http://$b; } }",
    },
    { name: "whatever the request says", other: "server { listen 80; location / { proxy_pass http://$host; } }" },
    { name: "a tunnel to anywhere", other: "server { listen 80; tunnel_pass; }" },
    {
      name: "a server on loopback",
      other: `server { listen 80; location / { proxy_pass http://127.0.0.1:8080; } } server { listen 127.0.0.1:8080; ${ON_8123} }`,
    },
    {
      name: "nginx's own certificate, at the door",
      other: "server { listen 80; location / { proxy_pass https://127.0.0.1; proxy_ssl_certificate a.crt; } }",
    },
    {
      name: "nginx's own certificate, at the door's name",
      other: "proxy_ssl_certificate a.crt; server { listen 80; location / { proxy_pass https://home.example; } }",
    },
  ].map(({ name, other }) => ({
    code: "BACKEND_REACHABLE_WITHOUT_CERTIFICATE" as const,
    name: `the backend by ${name}`,
    http: `${homes} ${other}`,
  })),
  {
    code: "BACKEND_REACHABLE_WITHOUT_CERTIFICATE",
    name: "what a server on loopback passes on for the door",
    http: `${door("location / { proxy_pass http://127.0.0.1:8080; }")} server { listen 127.0.0.1:8080; ${ON_8123} } server { listen 80; ${ON_8123} }`,
  },
];

for (const { code, name, http } of HOLES) {
  test(`finds ${code}: ${name}`, async () => {
    const found = await codesOf(dump(http));
    assert.ok(found.includes(code), found.join());
  });
}

const TIMEOUTS = [
  { main: "", code: "NO_SHUTDOWN_TIMEOUT", millis: undefined },
  { main: "worker_shutdown_timeout 0;", code: "NO_SHUTDOWN_TIMEOUT", millis: undefined },
  { main: "worker_shutdown_timeout 1m30s;", code: "LONG_SHUTDOWN_TIMEOUT", millis: 90_000 },
  { main: "worker_shutdown_timeout 10;", code: undefined, millis: 10_000 },
  { main: "worker_shutdown_timeout 500ms;", code: undefined, millis: 500 },
];

for (const { main, code, millis } of TIMEOUTS) {
  test(`${main === "" ? "no worker_shutdown_timeout" : main} is ${code ?? "no hole"}`, async () => {
    assert.deepEqual(await codesOf(dump(door(), main)), code === undefined ? [] : [code]);
    assert.deepEqual(await auditSettings(dump(door(), main), DIR, { cutsItself: true, read }), []);
    assert.equal(shutdownMillis(dump(door(), main)), millis);
  });
}

for (const { name, block, codes } of [
  {
    name: "a stream that is a door",
    block: `stream { server { ${DOOR.replace("server_name home.example;", "")} proxy_pass 127.0.0.1:1883; } }`,
    codes: [],
  },
  {
    name: "a stream that verifies by a copy of our CA",
    block:
      "stream { server { listen 8883 ssl; ssl_client_certificate /etc/ssl/copy-of-devices.pem; ssl_verify_client on; proxy_pass 127.0.0.1:1883; } }",
    codes: ["CLIENT_CA_NOT_OURS", "CRL_MISSING"],
  },
  {
    name: "mail that uses our CA, and no CRL",
    block: `mail { ssl_client_certificate ${DIR}/devices-ca.pem; ssl_verify_client on; server { listen 993 ssl; } }`,
    codes: ["CRL_MISSING"],
  },
  {
    name: "mail that speaks plainly as well",
    block: `mail { server { ${DOOR.replace("server_name home.example;", "listen 143;")} starttls on; } }`,
    codes: ["LISTENS_WITHOUT_TLS"],
  },
  {
    name: "a stream to the backend",
    block: "stream { server { listen 8123; proxy_pass 127.0.0.1:8123; } }",
    codes: ["BACKEND_REACHABLE_WITHOUT_CERTIFICATE"],
  },
  {
    name: "a stream that sorts connections by their names",
    block:
      "stream { map $ssl_preread_server_name $to { home.example 127.0.0.1:443; default 127.0.0.1:444; } server { listen 4443; ssl_preread on; proxy_pass $to; } }",
    codes: [],
  },
]) {
  test(`${name} is ${codes.join() || "no hole"}`, async () => {
    assert.deepEqual(await codesOf(dump(homes, `worker_shutdown_timeout 2s; ${block}`)), codes);
  });
}

test("every hole has a test here, a place and a remedy", async () => {
  // What comes with a list in the CRL's place is in keeping.test.ts.
  const tested = new Set<string>([...HOLES.map(({ code }) => code), ...TIMEOUTS.map(({ code }) => code ?? ""), "KEPT_LIST_BYPASSED"]);
  assert.deepEqual(
    HOLE_CODES.filter((code) => !tested.has(code)),
    [],
  );
  for (const hole of (await Promise.all(HOLES.map(({ http }) => holesOf(dump(http))))).flat()) {
    assert.notEqual(hole.remedy, "");
    assert.ok(hole.code === "NO_SERVER_VERIFIES" || hole.message.includes("/etc/nginx/nginx.conf:"), hole.message);
  }
});

test("a hole that many servers inherit is named once", async () => {
  const two = `ssl_session_cache shared:a:1m; ${door("", "ssl_session_cache")} ${door("", "ssl_session_cache")}`;
  assert.deepEqual(
    (await holesOf(dump(two))).map(({ code, message }) => [code, message.split(" ")[0]]),
    [["SHARED_SESSION_CACHE", "/etc/nginx/nginx.conf:4:"]],
  );
});

test("a hole in an included file is named with its place", async () => {
  const text = dumpOf({
    "/etc/nginx/nginx.conf": "worker_shutdown_timeout 2s;\nhttp { include sites/*.conf; include /srv/tls.conf; }",
    "/etc/nginx/sites/home.conf": `server { ${DOOR} }`,
    "/srv/tls.conf": "\nssl_trusted_certificate chain.pem;",
  });
  assert.deepEqual(
    (await holesOf(text)).map(({ code, message }) => [code, message.split(" ")[0]]),
    [["TRUSTED_CERTIFICATE", "/srv/tls.conf:2:"]],
  );
});
