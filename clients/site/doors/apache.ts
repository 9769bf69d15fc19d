import { type DoorFacts, withPort } from "./facts.js";

export function renderApache(facts: DoorFacts): string {
  const { addresses, httpsPort, httpPort, sites } = facts;
  const listens = [httpsPort, ...(httpPort === undefined ? [] : [httpPort])].flatMap((port) =>
    addresses.map((address) => `${withPort(address, port)}`),
  );
  return `# Modules: a2enmod ssl headers proxy proxy_http rewrite
# In ports.conf or here, once each:
${listens.map((listen) => `Listen ${listen}`).join("\n")}

# No TLS session is resumed: each connection is held against the CRL of the day.
SSLSessionCache none
SSLStrictSNIVHostCheck on

# Whoever asks for another name.
<VirtualHost *:${httpsPort}>
  ServerName latchkey.invalid
${renderTls(facts)}
  Redirect 421 /
</VirtualHost>

${sites.map((site) => renderSite(site, facts)).join("\n")}${httpPort === undefined ? "" : renderRedirect(httpPort)}`;
}

function renderTls({ dir, certificate }: DoorFacts): string {
  return `  SSLEngine on
  SSLProtocol -all +TLSv1.3
  SSLSessionTickets off
  SSLCertificateFile ${certificate?.certificate}
  SSLCertificateKeyFile ${certificate?.key}
  SSLCACertificateFile ${dir}/devices-ca.pem
  SSLCARevocationFile ${dir}/devices-crl.pem
  SSLCARevocationCheck chain
  SSLVerifyClient require
  SSLVerifyDepth 1`;
}

function renderSite({ names, backend }: DoorFacts["sites"][number], facts: DoorFacts): string {
  const [name = "", ...aliases] = names;
  const target = backend.replace(/\/?$/, "/");
  return `<VirtualHost *:${facts.httpsPort}>
  ServerName ${name}
${aliases.length === 0 ? "" : `  ServerAlias ${aliases.join(" ")}\n`}${renderTls(facts)}

  # What a device itself says of this is overwritten.
  RequestHeader set X-Device-Name "%{SSL_CLIENT_S_DN_CN}s"
  RequestHeader set X-Device-Id "%{SSL_CLIENT_S_DN_UID}s"
  RequestHeader set X-Device-Serial-Number "%{SSL_CLIENT_M_SERIAL}s"
  RequestHeader unset X-Device-Subject
  # mod_proxy writes these itself, after whatever is there.
  RequestHeader unset X-Forwarded-For early
  RequestHeader unset X-Forwarded-Host early
  RequestHeader set X-Real-IP "expr=%{REMOTE_ADDR}"
  RequestHeader set X-Forwarded-Proto https
${facts.hstsSeconds === 0 ? "" : `  Header always set Strict-Transport-Security "max-age=${facts.hstsSeconds}"\n`}
  ProxyPreserveHost on
  # The backend's own certificate is not checked: keep it on a network that you trust.
${backend.startsWith("https:") ? "  SSLProxyEngine on\n  SSLProxyVerify none\n  SSLProxyCheckPeerName off\n" : ""}  RewriteEngine on
  RewriteRule ^/latchkey-check$ - [R=204,L]
  ProxyPass /latchkey-check !
  ProxyPass / ${target} upgrade=websocket timeout=90
</VirtualHost>
`;
}

function renderRedirect(port: number): string {
  return `
<VirtualHost *:${port}>
  ServerName latchkey-http.invalid
  RewriteEngine on
  RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=308,L]
</VirtualHost>
`;
}
