import { type DoorFacts, hostAndPort, withPort } from "./facts.js";

/** HAProxy wants certificate and key in one file. */
export const HAPROXY_PEM = "/etc/haproxy/latchkey.pem";

export function renderHaproxy({ dir, sites, addresses, httpsPort, httpPort, hstsSeconds }: DoorFacts): string {
  const binds = addresses.map(
    (address) =>
      `  bind ${withPort(address, httpsPort)}${only(address)} ssl crt ${HAPROXY_PEM} alpn h2,http/1.1 ca-file ${dir}/devices-ca.pem crl-file ${dir}/devices-crl.pem verify required`,
  );
  return `global
  log /dev/log local0
  user haproxy
  group haproxy
  # What is open in the old process after a reload is cut after this: a revoked device's WebSocket, and everybody else's.
  hard-stop-after 2s
  # No TLS session is resumed: each connection is held against the CRL of the day.
  tune.ssl.cachesize 0
  ssl-default-bind-options ssl-min-ver TLSv1.3 no-tls-tickets

defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 90s
  timeout server 90s
  timeout tunnel 1h
${httpPort === undefined ? "" : renderRedirect(addresses, httpPort)}
frontend latchkey
${binds.join("\n")}
  acl latchkey_known req.hdr(host),field(1,:),lower -m str ${sites.flatMap(({ names }) => names).join(" ")}
  http-request deny deny_status 421 unless latchkey_known
  # What a device itself says of this is overwritten.
  http-request set-header X-Device-Name %[ssl_c_s_dn(CN)]
  http-request set-header X-Device-Id %[ssl_c_s_dn(UID)]
  http-request set-header X-Device-Serial-Number %[ssl_c_serial,hex]
  http-request del-header X-Device-Subject
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Proto https
  http-response del-header Strict-Transport-Security
${hstsSeconds === 0 ? "" : `  http-response set-header Strict-Transport-Security max-age=${hstsSeconds}\n`}  http-request return status 200 content-type text/plain string "This device is let in." if { path /latchkey-check }
${sites.map(({ names }, index) => `  use_backend latchkey_${index + 1} if { req.hdr(host),field(1,:),lower -m str ${names.join(" ")} }`).join("\n")}

${sites.map(({ backend }, index) => renderBackend(backend, index + 1)).join("\n")}`;
}

function renderRedirect(addresses: readonly string[], port: number): string {
  return `
frontend latchkey_http
${addresses.map((address) => `  bind ${withPort(address, port)}${only(address)}`).join("\n")}
  http-request redirect scheme https code 308
`;
}

function renderBackend(backend: string, number: number): string {
  const { host, port, isHttps } = hostAndPort(backend);
  // The backend's own certificate is not checked: keep it on a network that you trust.
  return `backend latchkey_${number}
  server one ${host}:${port}${isHttps ? " ssl verify none" : ""}
`;
}

/** Beside IPv4's own wildcard, IPv6's must not take IPv4 as well. */
function only(address: string): string {
  return address === "::" ? " v6only" : "";
}
