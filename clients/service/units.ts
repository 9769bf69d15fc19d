import type { HookOptions } from "../nginx/options.js";
import { besideNginx, sealed } from "./hardening.js";
import { credential, type Unit } from "./unit.js";

/** What runs a service: absolute paths, without links. */
export interface Program {
  readonly node: string;
  readonly script: string;
  /** Where node, the program and its packages lie. */
  readonly folders: readonly string[];
}

/** Whom a service runs as. */
export interface ServiceUser {
  readonly name: string;
  readonly home: string;
}

export interface CaFacts {
  readonly program: Program;
  readonly user: ServiceUser;
  /** Absolute, without links. */
  readonly data: string;
  /** The flags of the settings that were given: `["--lan", "192.168.1.0/24"]`. */
  readonly flags: readonly string[];
  /** More that it reads: the passphrase's file or folder, a certificate of the user's own. */
  readonly readable: readonly string[];
  /** A file with the passphrase that systemd hands over; encrypted by systemd-creds if its name ends in `.cred`. */
  readonly passphrase: string | undefined;
}

export function caUnit({ program, user, data, flags, readable, passphrase }: CaFacts): Unit {
  const load = passphrase?.endsWith(".cred") === true ? "LoadCredentialEncrypted" : "LoadCredential";
  return {
    description: "Latchkey: the certificate authority, and the page where devices enrol",
    after: [],
    command: [program.node, program.script, "serve", "--data", data, ...flags],
    settings: [
      ...ordinary(user.name),
      ...(passphrase === undefined ? [] : [[load, credential("latchkey-passphrase", passphrase)] as const]),
      ...sealed({ writable: [data], readable: [...program.folders, ...readable] }),
    ],
  };
}

export interface EnrollmentFacts {
  readonly program: Program;
  readonly user: ServiceUser;
  /** The credential's folder, which the service renews: absolute, without links. */
  readonly credential: string;
  readonly flags: readonly string[];
  readonly readable: readonly string[];
}

export function enrollmentUnit({ program, user, credential, flags, readable }: EnrollmentFacts): Unit {
  return {
    description: "Latchkey: the page where devices enrol",
    after: ["latchkey.service"],
    command: [program.node, program.script, "serve", "enrollment", "--credential", credential, "--data", credential, ...flags],
    settings: [...ordinary(user.name), ...sealed({ writable: [credential], readable: [...program.folders, ...readable] })],
  };
}

export interface HookFacts {
  readonly program: Program;
  readonly options: HookOptions;
}

/** Root's: it writes what root's nginx reads. Folders that it writes are root's alone. */
export function hookUnit({ program, options }: HookFacts): Unit {
  const { credential, dir, commands, serverNames, withoutCanary = false, seen, monitor, atExpiry } = options;
  const flags: (readonly [string, string | undefined])[] = [
    ["--credential", credential],
    ["--dir", dir],
    ["--test", commands.test],
    ["--reload", commands.reload],
    ["--status-url", commands.statusUrl],
    ["--server-name", serverNames?.join(",")],
    ["--nginx", commands.nginx],
    ["--seen", addressOf(seen)],
    ["--monitor", addressOf(monitor)],
    ["--at-expiry", atExpiry],
  ];
  return {
    description: "Latchkey: keeps nginx refusing revoked devices",
    after: ["nginx.service", "latchkey.service"],
    command: [
      program.node,
      program.script,
      "run",
      ...flags.flatMap(([flag, value]) => (value === undefined ? [] : [flag, value])),
      ...(withoutCanary ? ["--no-canary"] : []),
    ],
    settings: [["Restart", "always"], ["RestartSec", "2"], ...besideNginx({ writable: [dir, credential] })],
  };
}

function addressOf(place: { readonly host: string; readonly port: number } | undefined): string | undefined {
  return place === undefined ? undefined : `${place.host.includes(":") ? `[${place.host}]` : place.host}:${place.port}`;
}

function ordinary(user: string): (readonly [string, string])[] {
  return [
    ["User", user],
    ["Restart", "on-failure"],
    ["RestartSec", "2"],
    // It ends its own child, and in order.
    ["KillMode", "mixed"],
    ["TimeoutStopSec", "30"],
  ];
}
