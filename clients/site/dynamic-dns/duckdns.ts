import { namesOf, type PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";

const SCRIPT = "/usr/local/lib/latchkey/duckdns-update";
const TOKEN = "/etc/latchkey/duckdns.token";
const UNDO =
  "systemctl disable --now latchkey-duckdns.timer; then delete latchkey-duckdns.service and .timer, the script and the token, and systemctl daemon-reload.";

/** A timer of systemd, which tells DuckDNS every five minutes where the house is. */
export function renderDuckdns(site: PreparedSite, token: string): RenderedFile[] {
  return [
    {
      path: "dynamic-dns/duckdns-update",
      goesTo: `${SCRIPT} on the nginx host; it needs curl.`,
      undo: UNDO,
      body: renderScript([...new Set(namesOf(site).map(subdomainOf))]),
    },
    {
      path: "dynamic-dns/duckdns.token",
      goesTo: `${TOKEN} on the nginx host, mode 0600, for root alone: who has it can send your visitors elsewhere.`,
      undo: UNDO,
      secret: true,
      body: `${token}\n`,
    },
    {
      path: "dynamic-dns/latchkey-duckdns.service",
      goesTo: "/etc/systemd/system/latchkey-duckdns.service on the nginx host.",
      undo: UNDO,
      body: SERVICE,
    },
    {
      path: "dynamic-dns/latchkey-duckdns.timer",
      goesTo:
        "/etc/systemd/system/latchkey-duckdns.timer on the nginx host; then systemctl daemon-reload && systemctl enable --now latchkey-duckdns.timer",
      undo: UNDO,
      body: TIMER,
    },
  ];
}

/** DuckDNS knows what stands right before duckdns.org; names below that come with it. */
function subdomainOf(name: string): string {
  return name.split(".").at(-3) ?? name;
}

function renderScript(subdomains: readonly string[]): string {
  return `#!/bin/sh
# curl reads the address from its standard input: arguments are for everybody on this host to see.
set -eu
token=$(grep -v '^#' "$CREDENTIALS_DIRECTORY/token" | tr -d '[:space:]')
answer=$(printf 'url = "https://www.duckdns.org/update?domains=%s&token=%s&ip="\\n' '${subdomains.join(",")}' "$token" |
  curl --silent --show-error --fail --max-time 30 --config -)
if [ "$answer" != OK ]; then
  echo "DuckDNS did not take the address (it answers: $answer). Look at the token and at the names." >&2
  exit 1
fi
`;
}

const SERVICE = `[Unit]
Description=Tell DuckDNS where this house is
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
DynamicUser=yes
LoadCredential=token:${TOKEN}
ExecStart=/bin/sh ${SCRIPT}
ProtectHome=yes
PrivateDevices=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
`;

const TIMER = `[Unit]
Description=Tell DuckDNS every five minutes where this house is

[Timer]
OnBootSec=1min
OnUnitActiveSec=5min
RandomizedDelaySec=30s

[Install]
WantedBy=timers.target
`;
