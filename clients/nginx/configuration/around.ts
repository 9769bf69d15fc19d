import { LIST_FILE } from "../revocation-files.js";
import type { ConfigurationOptions } from "./options.js";

/** What stands in `http` before the servers that use it. */

export function renderConnectionUpgrade(): string {
  return `# WebSockets: only a request that asks for an upgrade passes one on.
map $http_upgrade $connection_upgrade {
  default upgrade;
  ""      close;
}
`;
}

/**
 * One attribute of a subject as nginx writes it (RFC 2253): `CN=Anna\, and Bob,UID=…`. A comma that is part of a name has a backslash
 * before it, so that nobody's name can pass for an attribute. Backslashes are \x5c here: nginx's own quotes would take them.
 */
function attributePattern(type: string, capture: string): string {
  return String.raw`"~^(?:(?:\x5c.|[^,+\x5c])*[,+])*?${type}=(?<${capture}>(?:\x5c.|[^,+\x5c])*)"`;
}

export function renderDeviceNames(): string {
  return `# What the backend hears of a device: the name that it was invited by, and the id that it keeps when its certificate is renewed.
map $ssl_client_s_dn $latchkey_device_name {
  default "";
  ${attributePattern("CN", "latchkey_cn")} $latchkey_cn;
}
map $ssl_client_s_dn $latchkey_device_id {
  default "";
  ${attributePattern("UID", "latchkey_uid")} $latchkey_uid;
}
`;
}

export function renderKeptList({ dir, ocsp, atExpiry }: ConfigurationOptions): string {
  if (ocsp !== undefined || atExpiry !== "keep-last-good") return "";
  return `# Whom the CRL's list refuses once the CRL has ended (\`latchkey-nginx run --at-expiry keep-last-good\`); empty until then.
include ${dir}/${LIST_FILE};
`;
}

export function renderDeviceLimits({ rate }: ConfigurationOptions): string {
  if (rate === undefined) return "";
  return `# So that no single device takes all the room: counted by its certificate, as many phones may share one address.
limit_req_zone $ssl_client_serial zone=latchkey_devices:1m rate=${rate.perMinute}r/m;
`;
}

export function renderSeenFormat({ seen }: ConfigurationOptions): string {
  if (seen === undefined) return "";
  return `# For \`latchkey-nginx run --seen ${formatSeen(seen)}\`: whose certificate was good.
log_format latchkey_seen '$ssl_client_verify $ssl_client_serial';
`;
}

/** `127.0.0.1:8482`, `[::1]:8482`. */
export function formatSeen({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
