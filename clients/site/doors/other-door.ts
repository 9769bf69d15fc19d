import type { PreparedSite } from "../prepared.js";
import type { RenderedFile } from "../rendered-file.js";
import type { FrontDoorKind } from "../schema.js";
import { renderApache } from "./apache.js";
import { renderCaddy } from "./caddy.js";
import { renderEnvoy } from "./envoy.js";
import { type DoorFacts, factsOf } from "./facts.js";
import { HAPROXY_PEM, renderHaproxy } from "./haproxy.js";
import { renderTraefik } from "./traefik.js";

/** One that is no nginx. */
interface OtherDoor {
  readonly path: string;
  readonly goesTo: string;
  readonly undo: string;
  readonly render: (facts: DoorFacts) => string;
  /** What has it read its files anew; undefined: it reads none that would help. */
  readonly command: string | undefined;
}

const DOORS: Readonly<Record<Exclude<FrontDoorKind, "nginx">, OtherDoor>> = {
  haproxy: {
    path: "haproxy/haproxy.cfg",
    goesTo: `/etc/haproxy/haproxy.cfg (keep a copy of the one that is there), once latchkey-follow.service runs, and after cat CERTIFICATE KEY > ${HAPROXY_PEM} (chmod 600); then systemctl restart haproxy.`,
    undo: "put the copy back, then systemctl restart haproxy.",
    render: renderHaproxy,
    command: "haproxy -c -q -f /etc/haproxy/haproxy.cfg && systemctl try-reload-or-restart haproxy",
  },
  apache: {
    path: "apache/latchkey.conf",
    goesTo:
      "/etc/apache2/sites-available/latchkey.conf, once latchkey-follow.service runs; then a2ensite latchkey && apachectl configtest && systemctl restart apache2.",
    undo: "a2dissite latchkey, delete it, then systemctl restart apache2.",
    render: renderApache,
    // A graceful restart leaves open what is open, without limit; another one makes everybody wait for ten seconds.
    command:
      "apachectl configtest && old=$(pgrep -P $(cat /run/apache2/apache2.pid)) && apachectl graceful && if [ $LATCHKEY_REVOKES = 1 ]; then sleep 1; kill -KILL $old 2>/dev/null || :; fi",
  },
  caddy: {
    path: "caddy/Caddyfile",
    goesTo: "/etc/caddy/Caddyfile (keep a copy of the one that is there), once latchkey-follow.service runs; then systemctl restart caddy.",
    undo: "put the copy back, then systemctl restart caddy.",
    render: renderCaddy,
    command: "systemctl try-reload-or-restart caddy",
  },
  envoy: {
    path: "envoy/envoy.yaml",
    goesTo: "Envoy's configuration (envoy -c), once latchkey-follow.service runs. Not run by us: try it with envoy --mode validate.",
    undo: "put back what was there.",
    render: renderEnvoy,
    command: "systemctl try-restart envoy",
  },
  traefik: {
    path: "traefik/latchkey.yml",
    goesTo: "the folder of Traefik's file provider, with devices-ca.pem (`latchkey ca devices`) where it says. Not run by us.",
    undo: "delete it.",
    render: renderTraefik,
    command: undefined,
  },
};

export function renderOtherDoor(site: PreparedSite, kind: keyof typeof DOORS): RenderedFile[] {
  const facts = factsOf(site);
  const { path, goesTo, undo, render, command } = DOORS[kind];
  const door = { path, goesTo, undo, body: render(facts) };
  return command === undefined ? [door] : [door, renderFollower(facts.dir, command)];
}

/** As root, who alone may write what root's front door reads. */
function renderFollower(dir: string, command: string): RenderedFile {
  return {
    path: "systemd/latchkey-follow.service",
    goesTo:
      "/etc/systemd/system/latchkey-follow.service, after latchkey operator add front-door --role viewer --out /etc/latchkey/front-door; then systemctl enable --now latchkey-follow.",
    undo: "systemctl disable --now latchkey-follow, and delete it.",
    body: `[Unit]
Description=Latchkey: tells the front door who is revoked
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/env latchkey-nginx follow --credential /etc/latchkey/front-door --dir ${dir} --command "${command.replaceAll("$", "$$$$")}"
Restart=always
RestartSec=2
UMask=0022
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=full
ReadWritePaths=/etc/latchkey -${dir}

[Install]
WantedBy=multi-user.target
`,
  };
}
