import { isAtLeast } from "./nginx-version.js";

export interface ConfigurationOptions {
  /** As `nginx -v` says: `nginx/1.22.1`. */
  readonly version: string;
  readonly dir: string;
  readonly serverNames: readonly string[];
  /** `http://host:port` of what nginx guards. */
  readonly backend: string;
  /** As nginx writes them: `443`, `[::]:443`, `192.168.1.2:443`. */
  readonly listen: readonly string[];
  readonly statusPort: number;
  /** Where the hook hears which devices were let in (`run --seen`). */
  readonly seen?: { readonly host: string; readonly port: number } | undefined;
}

/** What goes with the hook, for this version of nginx, in pieces: each says where it goes. */
export interface Configuration {
  readonly main: string;
  readonly http: string;
  /** What the backend needs to be told; empty when nothing is known of it. */
  readonly backend: string;
}

export function renderConfiguration(options: ConfigurationOptions): Configuration {
  return { main: MAIN, http: renderHttp(options), backend: renderBackend(options.backend) };
}

const MAIN = `# 1. Into nginx.conf, in the main context: outside of every { }.

# Cuts what a revoked device still has open (a WebSocket, a download) after each reload.
worker_shutdown_timeout 2s;
`;

function renderHttp({ version, dir, serverNames, backend, listen, statusPort, seen }: ConfigurationOptions): string {
  const [seenFormat, seenLog] = renderSeen(seen);
  // `http2 on;` since 1.25.1; the old form warns there, the new one is unknown before.
  const isNew = isAtLeast(version, 1, 25, 1);
  const tls = isNew ? "ssl" : "ssl http2";
  const http2 = isNew ? "\n  http2 on;" : "";
  const listens = (flags: string) => listen.map((address) => `listen ${address} ${flags};`).join("\n  ");
  return `# 2. Into http { }, for example as /etc/nginx/conf.d/latchkey.conf. Written for ${version}.

# WebSockets: only a request that asks for an upgrade passes one on.
map $http_upgrade $connection_upgrade {
  default upgrade;
  ""      close;
}

${seenFormat}# Whoever asks for another name, or for none, gets no handshake at all.
server {
  ${listens(`${tls} default_server`)}${http2}
  ssl_reject_handshake on;
  # Every handshake begins with these: the versions and sessions of the server below are what they are here.
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache off;
  ssl_session_tickets off;
}

server {
  ${listens(tls)}${http2}
  server_name ${serverNames.join(" ")};

  ssl_certificate     ${dir}/server.crt;
  ssl_certificate_key ${dir}/server.key;
  ssl_protocols TLSv1.2 TLSv1.3;

  # Only devices that the house has let in, and has not turned away since.
  ssl_client_certificate ${dir}/devices-ca.pem;
  ssl_crl                ${dir}/devices-crl.pem;
  ssl_verify_client on;

  # No TLS session outlives a connection: each one is checked against the CRL of the day. For thousands of clients,
  # "ssl_session_cache none;" with tickets on is as safe (ticket keys are new at every reload) and saves handshakes.
  # Never "shared:": such sessions survive a reload, and revoked devices with them.
  ssl_session_cache off;
  ssl_session_tickets off;
  ssl_early_data off;

  # What people without a certificate see. A named location that only returns: nginx does not ask for the certificate again here.
  error_page 495 496 @no_certificate;
  location @no_certificate {
    default_type text/plain;
    return 400 "This door opens to devices that were invited. Ask whoever runs this house for an invitation.\\n";
  }

${seenLog}  location / {
    proxy_pass ${backend};
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    # Which device it is, for a backend that wants to know.
    proxy_set_header X-Device-Serial-Number $ssl_client_serial;
    proxy_set_header X-Device-Subject $ssl_client_s_dn;
    proxy_read_timeout 90s;
  }
}

# Where the hook sees which CRL this nginx has loaded. For this host alone: --status-url http://127.0.0.1:${statusPort}/latchkey-status
server {
  listen 127.0.0.1:${statusPort};
  server_name localhost;
  include ${dir}/latchkey-status.conf;
  location / { return 404; }
}
`;
}

/** What stands in `http`, and in the server. */
function renderSeen(seen: ConfigurationOptions["seen"]): [format: string, log: string] {
  if (seen === undefined) return ["", ""];
  const host = seen.host.includes(":") ? `[${seen.host}]` : seen.host;
  return [
    `# For \`latchkey-nginx run --seen ${host}:${seen.port}\`: whose certificate was good.
log_format latchkey_seen '$ssl_client_verify $ssl_client_serial';

`,
    `  # In place of what the outer blocks log; add your own access_log beside it.
  access_log syslog:server=${host}:${seen.port},nohostname,tag=latchkey latchkey_seen;

`,
  ];
}

const HOME_ASSISTANT_PORT = "8123";

/** Home Assistant answers 400 to what comes through a proxy that it was not told of. */
function renderBackend(backend: string): string {
  const { hostname, port } = new URL(backend);
  if (port !== HOME_ASSISTANT_PORT) return "";
  const isHere = ["localhost", "[::1]"].includes(hostname) || hostname.startsWith("127.");
  const proxies = isHere ? ["127.0.0.1", "::1"] : ["ADDRESS   # this nginx's own, as Home Assistant sees it"];
  return `
# 3. Home Assistant answers 400 to every request through a proxy that it does not know. Into its configuration.yaml, and restart it:
#
#   http:
#     use_x_forwarded_for: true
#     trusted_proxies:
${proxies.map((proxy) => `#       - ${proxy}`).join("\n")}
`;
}
