import { dialectOf, renderTlsListens } from "./dialect.js";
import type { ConfigurationOptions } from "./options.js";
import { renderTls, renderVerification } from "./tls.js";

/** Whoever asks for another name, or for none: in the handshake, or (after one for a name of ours) in the request. */
export function renderStrangers(options: ConfigurationOptions): string {
  const rejects = dialectOf(options.version).canRejectHandshakes;
  // Before 1.19.4 nginx can't refuse the handshake: it closes the connection after it.
  const handshake = rejects ? "  ssl_reject_handshake on;" : `  server_name _;\n\n${renderVerification(options)}\n`;
  return `# Whoever asks for another name, or for none, gets no ${rejects ? "handshake at all" : "answer"}.
server {
${renderTlsListens(options, true)}
${handshake}
  return 444;

  # Every handshake begins with these: the versions and sessions of the servers below are what they are here.
${renderTls(options)}
}
`;
}

/** Plain HTTP: sent on for our own names, refused for all others. */
export function renderRedirect({ doors, redirect = [], listen, proxyProtocol }: ConfigurationOptions): string {
  if (redirect.length === 0) return "";
  const listens = (more: string) =>
    redirect.map((address) => `  listen ${address}${proxyProtocol === undefined ? "" : " proxy_protocol"}${more};`).join("\n");
  const port = portOf(listen[0] ?? "443");
  return `# Plain HTTP is only told where to go.
server {
${listens(" default_server")}
  server_name _;
  return 444;
}

server {
${listens("")}
  server_name ${doors.flatMap(({ serverNames }) => serverNames).join(" ")};
  return 301 https://$host${port === "443" ? "" : `:${port}`}$request_uri;
}
`;
}

function portOf(listen: string): string {
  return listen.slice(listen.lastIndexOf(":") + 1);
}

export function renderStatusServer({ dir, statusPort, ocsp }: ConfigurationOptions): string {
  // Without a CRL there is no hook that would look.
  if (ocsp !== undefined) return "";
  return `# Where the hook sees which CRL this nginx has loaded. For this host alone: --status-url http://127.0.0.1:${statusPort}/latchkey-status
server {
  listen 127.0.0.1:${statusPort};
  server_name localhost;
  include ${dir}/latchkey-status.conf;
  location / { return 404; }
}
`;
}
