import { namesOf, type PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import type { DynamicDns } from "../schema.js";

type Ddclient = Extract<DynamicDns, { kind: "ddclient" }>;

export function renderDdclient(site: PreparedSite, { protocol, server, login, zone }: Ddclient, password: string): RenderedFile {
  const settings = [
    `protocol=${protocol}`,
    ...(server === undefined ? [] : [`server=${server}`]),
    ...(zone === undefined ? [] : [`zone=${zone}`]),
    ...(login === undefined ? [] : [`login=${login}`]),
    `password='${password}'`,
  ];
  return {
    path: "dynamic-dns/ddclient.conf",
    goesTo:
      "/etc/ddclient.conf (ddclient 3.10 or newer), mode 0600, for root alone: it holds your password. Then systemctl restart ddclient.",
    undo: "delete it, then systemctl disable --now ddclient; take the names away at the provider's.",
    secret: true,
    body: `daemon=300
syslog=yes
ssl=yes
# In 3.10 the old "use" is on unless it is turned off.
use=no
usev4=webv4, webv4=ipify-ipv4

${settings.join(", \\\n")} \\
${namesOf(site).join(",")}
`,
  };
}
