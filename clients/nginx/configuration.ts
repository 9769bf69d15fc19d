import {
  renderConnectionUpgrade,
  renderDeviceLimits,
  renderDeviceNames,
  renderKeptList,
  renderSeenFormat,
} from "./configuration/around.js";
import { isHomeAssistant, renderHomeAssistant, trustedProxiesOf } from "./configuration/home-assistant.js";
import type { ConfigurationOptions } from "./configuration/options.js";
import { renderRedirect, renderStatusServer, renderStrangers } from "./configuration/other-servers.js";
import { renderDoor } from "./configuration/server.js";

/** What goes with the hook, for this version of nginx, in pieces. */
export interface Configuration {
  /** For nginx.conf's main context. */
  readonly main: string;
  /** For `http { }`. */
  readonly http: string;
  /** What the backends need to be told, as comments; empty when nothing is known of them. */
  readonly backend: string;
}

export function renderConfiguration(options: ConfigurationOptions): Configuration {
  return { main: MAIN, http: renderHttp(options), backend: renderBackends(options) };
}

const MAIN = `# What is open (WebSockets, downloads) lives on in old workers after a reload. After a revocation the hook ends those at once;
# after any other reload they may stay for a day. A hook that may not end them asks for 2s here: then each reload cuts everybody.
worker_shutdown_timeout 1d;
`;

function renderHttp(options: ConfigurationOptions): string {
  const pieces = [
    `# Written for ${options.version}.\n`,
    renderConnectionUpgrade(),
    renderDeviceNames(),
    renderKeptList(options),
    renderDeviceLimits(options),
    renderSeenFormat(options),
    renderStrangers(options),
    ...options.doors.map((door) => renderDoor(door, options)),
    renderRedirect(options),
    renderStatusServer(options),
  ];
  return pieces.filter((piece) => piece !== "").join("\n");
}

function renderBackends({ doors }: ConfigurationOptions): string {
  const backends = doors.map(({ backend }) => backend).filter(isHomeAssistant);
  if (backends.length === 0) return "";
  // Where this nginx has no address of its own that is known here, its owner knows it.
  const proxies = backends.flatMap((backend) => trustedProxiesOf(backend, ["ADDRESS   # this nginx's own, as Home Assistant sees it"]));
  return `# Home Assistant answers 400 to every request through a proxy that it does not know. Into its configuration.yaml, and restart it:
#
${renderHomeAssistant([...new Set(proxies)]).replaceAll(/^(?=.)/gm, "#   ")}`;
}
