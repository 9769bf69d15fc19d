import { CHECK_PATH, RULE } from "../canary/rule.js";
import { formatSeen } from "./around.js";
import { renderTlsListens } from "./dialect.js";
import { type ConfigurationOptions, DEFAULT_HSTS_DAYS, type GuardedSite } from "./options.js";
import { renderRefusal } from "./refusal-page.js";
import { renderTls, renderVerification } from "./tls.js";

/** The server that lets good devices through to one backend. */
export function renderDoor(door: GuardedSite, options: ConfigurationOptions): string {
  const pieces = [
    `${renderTlsListens(options)}\n  server_name ${door.serverNames.join(" ")};`,
    renderVerification(options),
    renderTls(options),
    renderRealAddress(options),
    renderHsts(options),
    renderRefusal(),
    renderSeen(options),
    renderCanaryRule(),
    renderCheck(),
    renderBackend(door, options),
  ];
  return `server {\n${pieces.filter((piece) => piece !== "").join("\n\n")}\n}\n`;
}

function renderHsts({ hstsDays = DEFAULT_HSTS_DAYS }: ConfigurationOptions): string {
  if (hstsDays === 0) return "";
  return `  # Browsers come by HTTPS alone from now on, for ${hstsDays} days.
  add_header Strict-Transport-Security "max-age=${hstsDays * 86_400}" always;`;
}

/** Only from these proxies: anybody else could say that it comes from anywhere. */
function renderRealAddress({ proxyProtocol }: ConfigurationOptions): string {
  if (proxyProtocol === undefined) return "";
  return `  # Who comes, says the proxy before this nginx (PROXY protocol); it is believed from these addresses alone.
${proxyProtocol.map((network) => `  set_real_ip_from ${network};`).join("\n")}
  real_ip_header proxy_protocol;`;
}

function renderSeen({ seen }: ConfigurationOptions): string {
  if (seen === undefined) return "";
  return `  # In place of what the outer blocks log; add your own access_log beside it.
  access_log syslog:server=${formatSeen(seen)},nohostname,tag=latchkey latchkey_seen;`;
}

function renderCanaryRule(): string {
  return `  # The certificate by which the hook tries this door gets no further than the location below.
${RULE.map((line) => `  ${line}`).join("\n")}`;
}

function renderCheck(): string {
  return `  # To try the door without what is behind it.
  location = ${CHECK_PATH} {
    default_type text/plain;
    return 200 "This device is let in: $latchkey_device_name\\n";
  }`;
}

function renderBackend({ backend }: GuardedSite, { rate }: ConfigurationOptions): string {
  const limit = rate === undefined ? "" : `    limit_req zone=latchkey_devices burst=${rate.burst} nodelay;\n    limit_req_status 429;\n`;
  return `  location / {
${limit}    proxy_pass ${backend};
${backend.startsWith("https:") ? "    # The backend's own certificate is not checked: keep it on a network that you trust.\n    proxy_ssl_server_name on;\n" : ""}    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $host;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $connection_upgrade;
    # Which device it is, for a backend that wants to know; whatever the device itself says of this is overwritten.
    # Names as RFC 2253 writes them: a comma as \\, and octets beyond ASCII as \\C3\\A9.
    proxy_set_header X-Device-Name $latchkey_device_name;
    proxy_set_header X-Device-Id $latchkey_device_id;
    proxy_set_header X-Device-Serial-Number $ssl_client_serial;
    proxy_set_header X-Device-Subject $ssl_client_s_dn;
    # This server says it itself.
    proxy_hide_header Strict-Transport-Security;
    # Streams and uploads pass as they come; how much is too much, the backend knows.
    proxy_buffering off;
    proxy_request_buffering off;
    client_max_body_size 0;
    # Longer than the pauses between the pings of a WebSocket.
    proxy_read_timeout 90s;
  }`;
}
