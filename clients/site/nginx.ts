import { renderConfiguration } from "../nginx/configuration.js";
import { parseSeen } from "../nginx/options.js";
import type { PreparedSite } from "./prepared.js";
import type { RenderedFile } from "./rendered-file.js";

/** nginx's own file, whole, and the site in it. */
export function renderNginx(site: PreparedSite): RenderedFile[] {
  const { nginx } = site;
  const { main, http } = renderConfiguration({
    version: site.nginxVersion,
    dir: nginx.dir,
    doors: site.sites.map(({ domain, aliases, backend }) => ({ serverNames: [domain, ...aliases], backend })),
    listen: listensOf(nginx, nginx.httpsPort),
    redirect: nginx.redirect ? listensOf(nginx, nginx.httpPort) : [],
    statusPort: nginx.statusPort,
    seen: nginx.seen === undefined ? undefined : parseSeen(nginx.seen),
    tls12: nginx.tls12 ? { dhparam: nginx.dhparam } : undefined,
    certificate: nginx.certificate,
    ocsp: nginx.revocation.kind === "ocsp" ? nginx.revocation : undefined,
    atExpiry: nginx.revocation.kind === "crl" ? nginx.revocation.atExpiry : undefined,
    hstsDays: nginx.hstsDays,
    rate: nginx.rate,
    proxyProtocol: nginx.proxyProtocol,
  });
  return [
    {
      path: "nginx/nginx.conf",
      goesTo:
        "/etc/nginx/nginx.conf, in place of the one that is there (keep a copy). An nginx that serves more than this site keeps its own, and takes worker_shutdown_timeout out of this one.",
      undo: "put the copy back, then nginx -t && nginx -s reload.",
      body: renderNginxConf(nginx.user, main),
    },
    {
      path: "nginx/latchkey.conf",
      goesTo: `/etc/nginx/conf.d/latchkey.conf, after ${filesBefore(nginx)}; then nginx -t && nginx -s reload.`,
      undo: "delete it, then nginx -t && nginx -s reload.",
      body: http,
    },
  ];
}

/** What nginx must find there at its start. */
function filesBefore({ dir, revocation }: PreparedSite["nginx"]): string {
  return revocation.kind === "crl"
    ? `\`latchkey-nginx once --dir ${dir} …\` has written its files there`
    : `\`latchkey ca devices --out ${dir}/devices-ca.pem\``;
}

/** What a host's nginx.conf needs around the site, and nothing that the site does not need. */
function renderNginxConf(user: string, main: string): string {
  return `user ${user};
worker_processes auto;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;

${main}
events {
  worker_connections 1024;
}

http {
  access_log /var/log/nginx/access.log;
  default_type application/octet-stream;
  server_tokens off;
  # Long names need more than the 64 octets that nginx has for one.
  server_names_hash_bucket_size 512;

  include /etc/nginx/conf.d/*.conf;
}
`;
}

function listensOf({ addresses, ipv6 }: PreparedSite["nginx"], port: number): string[] {
  if (addresses === undefined) return ipv6 ? [`${port}`, `[::]:${port}`] : [`${port}`];
  return addresses.map((address) => `${address.includes(":") ? `[${address}]` : address}:${port}`);
}
