import { path } from "./unit.js";

type Setting = readonly [name: string, value: string];

/** What no service of ours needs. docs/service.md says what that leaves. (MemoryDenyWriteExecute= would stop V8's compiler.) */
const COMMON: readonly Setting[] = [
  ["UMask", "0077"],
  ["NoNewPrivileges", "yes"],
  ["PrivateTmp", "yes"],
  ["PrivateDevices", "yes"],
  ["ProtectClock", "yes"],
  ["ProtectHostname", "yes"],
  ["ProtectKernelLogs", "yes"],
  ["ProtectKernelModules", "yes"],
  ["ProtectKernelTunables", "yes"],
  ["ProtectControlGroups", "yes"],
  ["RestrictNamespaces", "yes"],
  ["RestrictRealtime", "yes"],
  ["RestrictSUIDSGID", "yes"],
  ["LockPersonality", "yes"],
  ["SystemCallArchitectures", "native"],
  ["SystemCallErrorNumber", "EPERM"],
  // Of network interfaces the kernel tells by netlink.
  ["RestrictAddressFamilies", "AF_INET AF_INET6 AF_UNIX AF_NETLINK"],
];

/** For a service that needs nothing but its own files: no capability, no home but its own. */
export function sealed(paths: { readonly writable: readonly string[]; readonly readable: readonly string[] }): Setting[] {
  const writable = paths.writable.map((name) => ["ReadWritePaths", path(name)] as const);
  return [
    ...COMMON,
    ["CapabilityBoundingSet", ""],
    ["SystemCallFilter", "@system-service"],
    ["SystemCallFilter", "~@privileged @resources"],
    ["ProtectSystem", "strict"],
    ["ProtectProc", "invisible"],
    ["RemoveIPC", "yes"],
    ["ProtectHome", "tmpfs"],
    ...paths.writable.filter(isInHome).map((name) => ["BindPaths", path(name, true)] as const),
    // Within a folder that is written to, a mount for reading alone would win.
    ...uncovered(paths.readable.filter((name) => isInHome(name) && !liesInOneOf(paths.writable, name))).map(
      (name) => ["BindReadOnlyPaths", path(name, true)] as const,
    ),
    ...writable.filter((_, at) => !isInHome(paths.writable[at] ?? "")),
  ];
}

/**
 * For one that tests and reloads root's nginx. What `nginx -t` does as root stays possible: it opens logs and its pid file, gives its folders to
 * the workers' user, and binds ports below 1024.
 */
export function besideNginx(paths: { readonly writable: readonly string[] }): Setting[] {
  return [
    ...COMMON,
    ["CapabilityBoundingSet", "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_KILL CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID"],
    ["SystemCallFilter", "@system-service"],
    ["ProtectSystem", "full"],
    ["ProtectHome", "read-only"],
    ...paths.writable.map((name) => ["ReadWritePaths", path(name)] as const),
    // Of an nginx that was built from source, below the /usr that is read-only here. Where there is none, nothing is.
    ...NGINX_PREFIXES.map((prefix) => ["ReadWritePaths", NGINX_WRITES.map((name) => `-${prefix}/${name}`).join(" ")] as const),
  ];
}

const NGINX_PREFIXES = ["/usr/local/nginx", "/usr/local/openresty/nginx"];
const NGINX_WRITES = ["logs", "client_body_temp", "proxy_temp", "fastcgi_temp", "uwsgi_temp", "scgi_temp"];

/** Where `ProtectHome=` holds (systemd.exec(5)). `name`: without links. */
export function isInHome(name: string): boolean {
  return /^\/(home|root|run\/user)(\/|$)/.test(name);
}

/** Without those that lie in another of them. */
function uncovered(names: readonly string[]): string[] {
  const all = [...new Set(names)];
  return all.filter(
    (name) =>
      !liesInOneOf(
        all.filter((other) => other !== name),
        name,
      ),
  );
}

function liesInOneOf(folders: readonly string[], name: string): boolean {
  return folders.some((folder) => name === folder || name.startsWith(`${folder}/`));
}
