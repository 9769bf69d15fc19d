import { isIP } from "node:net";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { AT_EXPIRY, type AtExpiry } from "./at-expiry.js";
import { nginxOfTest } from "./command.js";
import type { NginxCommands } from "./enforce.js";

/** What `run` and `once` are told. */
export interface HookOptions {
  readonly credential: string;
  /** Absolute. */
  readonly dir: string;
  readonly commands: NginxCommands;
  /** As given; else those of the credential count. */
  readonly serverNames: readonly string[] | undefined;
  /** Where nginx's access log comes, for when devices were seen; undefined: nowhere. */
  readonly seen?: { readonly host: string; readonly port: number };
  /** Try no door by canaries. */
  readonly withoutCanary?: boolean;
  /** The hook's own port; undefined: none. */
  readonly monitor?: { readonly host: string; readonly port: number };
  /** `fail-closed` when left out. */
  readonly atExpiry?: AtExpiry;
}

/** The flags as commander has read them. */
export interface HookFlags {
  credential: string;
  dir: string;
  test: string;
  reload: string;
  statusUrl: string;
  serverName?: string[];
  nginx?: string;
  canary?: boolean;
  seen?: { host: string; port: number };
  monitor?: { host: string; port: number };
  atExpiry?: AtExpiry;
}

/** Adds the flags that `run` and `once` share. */
export function addHookOptions(command: Command): Command {
  return command
    .hook("preAction", (_, chosen) => refuseMissing(chosen))
    .option("--credential <folder>", "the credential that `latchkey operator add NAME --role nginx` made")
    .option("--dir <folder>", "where the files for nginx are kept")
    .option("--test <command>", 'checks nginx\'s configuration, e.g. "nginx -t"')
    .option("--reload <command>", 'reloads nginx, e.g. "nginx -s reload" or "systemctl reload nginx"')
    .option("--status-url <url>", "where latchkey-status.conf is reached, e.g. http://127.0.0.1:8481/latchkey-status", parseUrl)
    .option(
      "--server-name <names>",
      "names for nginx's own certificate, with commas; by default those that the operator may serve",
      parseNames,
    )
    .option(
      "--nginx <command>",
      'nginx itself, for -T and -v, e.g. "nginx -c /etc/nginx/nginx.conf"; by default taken from --test, when that is one plain command',
    )
    .option("--no-canary", "don't try nginx's door with a certificate that is good and one that is revoked")
    .addOption(atExpiryOption());
}

/** What `run`, `once` and `config` must be told alike. */
export function atExpiryOption(): Option {
  return new Option(
    "--at-expiry <policy>",
    "when the CRL ends before a newer one has come: fail-closed refuses everybody (the default); keep-last-good goes on by its list, and lets in whoever is revoked meanwhile (SECURITY.md)",
  ).choices(AT_EXPIRY);
}

/** Those, and what only `run` has. */
export function addRunOptions(command: Command): Command {
  return addHookOptions(command)
    .option(
      "--seen <host:port>",
      "where nginx's access log comes (config --seen prints the lines): `latchkey list` then says when a device was seen",
      parseSeen,
    )
    .option(
      "--monitor <address:port>",
      "the hook's own port, e.g. 127.0.0.1:8483: /metrics for Prometheus, /status as JSON, /healthz",
      parseMonitor,
    );
}

const NEEDED = ["--credential", "--dir", "--test", "--reload", "--status-url"] as const;

/** commander's own check comes before it looks for options that it does not know: of `--tset` it would say that `--test` is missing. */
function refuseMissing(command: Command): void {
  for (const option of command.options) {
    const isMissing = command.getOptionValue(option.attributeName()) === undefined;
    if (isMissing && NEEDED.some((flag) => flag === option.long))
      command.error(`error: required option '${option.flags}' not specified`, { code: "commander.missingMandatoryOptionValue" });
  }
}

export function readHookOptions(flags: HookFlags): HookOptions {
  const { test, reload, statusUrl, nginx, canary, seen, monitor, atExpiry } = flags;
  return {
    credential: resolve(flags.credential),
    dir: resolve(flags.dir),
    commands: { test, reload, statusUrl, nginx: nginx ?? nginxOfTest(test) },
    serverNames: flags.serverName,
    ...(canary === false ? { withoutCanary: true } : {}),
    ...(seen === undefined ? {} : { seen }),
    ...(monitor === undefined ? {} : { monitor }),
    ...(atExpiry === undefined ? {} : { atExpiry }),
  };
}

export function parseNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  // They go into nginx's configuration as they are: letters of host names and addresses, and no others.
  const wrong = names.find((name) => !/^(\*\.)?[A-Za-z0-9.:_-]+$/.test(name));
  if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is no host name or address.`);
  return names;
}

function parseUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError("It must be an http:// or https:// address.");
  return text;
}

/** An address of this host, whichever: what the port tells is no secret. */
export function parseMonitor(text: string): { host: string; port: number } {
  const [, bracketed, plain, port = ""] = /^(?:\[([0-9A-Fa-f:]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  if (isIP(host) === 0 || Number(port) > 65_535) throw new InvalidArgumentError("It must be an address and a port, like 127.0.0.1:8483.");
  return { host, port: Number(port) };
}

/** `127.0.0.1:8482`: loopback alone, since whoever can send there can say that a device was here. */
export function parseSeen(text: string): { host: string; port: number } {
  const [, bracketed, plain, port = ""] = /^(?:\[([0-9A-Fa-f:]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  if (!(host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host)) || Number(port) > 65_535)
    throw new InvalidArgumentError("It must be an address of this host alone, like 127.0.0.1:8482.");
  return { host, port: Number(port) };
}
