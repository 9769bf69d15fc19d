#!/usr/bin/env node
// First: it must be before grpc-js.
import "../connect/grpc-log.js";

import { resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { VERSION } from "../../generated/build.js";
import { conclude } from "./conclusion.js";
import { isBackendUrl } from "./configuration/backend-url.js";
import { renderConfiguration } from "./configuration.js";
import { createLog, createOnceLog } from "./events.js";
import { describe, EXIT, EXIT_CODES, exitCodeOf } from "./exit.js";
import { runFollower } from "./follower.js";
import { HostError } from "./host-error.js";
import { nginxVersion } from "./nginx-version.js";
import { runOnce } from "./once.js";
import { addHookOptions, addRunOptions, atExpiryOption, parseMonitor, parseNames, parseSeen, readHookOptions } from "./options.js";
import { runHook } from "./run.js";
import { askStanding, linesOf } from "./show-standing.js";

const EXAMPLE = `--credential /etc/latchkey --dir /etc/nginx/latchkey \\
      --test "nginx -t" --reload "nginx -s reload" --status-url http://127.0.0.1:8481/latchkey-status`;

const FOLLOW_EXAMPLE = `--credential /etc/latchkey/haproxy --dir /var/lib/latchkey-haproxy \\
      --command "haproxy -c -f /etc/haproxy/haproxy.cfg && systemctl reload haproxy"`;

const program = new Command("latchkey-nginx")
  .description("Keeps an nginx refusing the devices that Latchkey has revoked.")
  .version(VERSION)
  .exitOverride()
  .addHelpText("after", `${EXIT_CODES}\n\nBegin with:\n  latchkey-nginx config --help`)
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "latchkey-nginx: ")) })
  .showHelpAfterError("(--help shows the options and an example)");

addRunOptions(program.command("run").description("Follow the CA, and prove after each CRL that nginx enforces it"))
  .addHelpText("after", `\nExample:\n  latchkey-nginx run ${EXAMPLE}`)
  .action(async (flags) => {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
    await runHook(readHookOptions(flags), createLog(), stop.signal);
  });

addHookOptions(program.command("once").description("Do it once: for the first time, before nginx runs, and for cron"))
  .addHelpText("after", `\nExample:\n  latchkey-nginx once ${EXAMPLE}`)
  .action(async (flags) => {
    const { said, complaints, exitCode } = conclude(await runOnce(readHookOptions(flags), createOnceLog()));
    for (const line of said) process.stdout.write(`${line}\n`);
    for (const line of complaints) process.stderr.write(`latchkey-nginx: ${line}\n`);
    process.exitCode = exitCode;
  });

program
  .command("follow")
  .description("For a front door that is no nginx: keep its files, and run a command after each CRL. Nothing is proved of it")
  .requiredOption("--credential <folder>", "the credential that `latchkey operator add NAME --role viewer` made")
  .requiredOption("--dir <folder>", "where the files are kept: devices-ca.pem, devices-crl.pem, revoked.caddy")
  .requiredOption("--command <command>", "what makes the front door read them; LATCHKEY_REVOKES is 1 when somebody is refused anew, else 0")
  .addHelpText("after", `\nExample:\n  latchkey-nginx follow ${FOLLOW_EXAMPLE}`)
  .action(async ({ credential, dir, command }: { credential: string; dir: string; command: string }) => {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
    await runFollower({ credential: resolve(credential), dir: resolve(dir), command }, createLog(), stop.signal);
  });

program
  .command("status")
  .description("Say how a running hook stands, asked at its own port (run --monitor)")
  .argument("<address:port>", "what `run` was given with --monitor", parseMonitor)
  .option("--json", "one JSON document on standard output")
  .addHelpText("after", "\nExample:\n  latchkey-nginx status 127.0.0.1:8483")
  .action(async (address: { host: string; port: number }, { json }: { json?: boolean }) => {
    const standing = await askStanding(address);
    if (json === true) process.stdout.write(`${JSON.stringify(standing, null, 2)}\n`);
    else for (const line of linesOf(standing)) process.stdout.write(`${line}\n`);
    if (!standing.isWell) process.exitCode = EXIT.unconfirmed;
  });

program
  .command("config")
  .description("Print the nginx configuration that goes with it, for the nginx that is installed")
  .option("--dir <folder>", "where the files for nginx are kept", "/etc/nginx/latchkey")
  .option("--server-name <names>", "the names of this nginx, with commas", parseNames, ["home.example.com"])
  .option("--backend <url>", "what nginx guards", parseBackend, "http://127.0.0.1:8123")
  .option("--listen <[host:]port>", "where devices come in: every address of this host, or one", parseListen, ["443", "[::]:443"])
  .option("--status-port <port>", "the port on loopback where the hook looks", parsePort, 8481)
  .option("--seen <host:port>", "tell the hook, at this address of this host, which devices were let in", parseSeen)
  .addOption(atExpiryOption())
  .option("--tls12", "TLS 1.2 as well as 1.3, for devices from before 2019")
  .option("--nginx <command>", "nginx itself, asked for its version with -v", "nginx")
  .addHelpText("after", "\nExample:\n  latchkey-nginx config --server-name home.example.com --backend http://127.0.0.1:8123")
  .action(async ({ dir, serverName, backend, listen, statusPort, seen, nginx, tls12, atExpiry }) => {
    const version = await nginxVersion(nginx);
    if (version === "") throw new HostError(`\`${nginx} -v\` names no version: is nginx installed? --nginx says where it is.`);
    const doors = [{ serverNames: serverName, backend }];
    const options = { version, dir: resolve(dir), doors, listen, statusPort, seen, tls12: tls12 ? {} : undefined, atExpiry };
    const pieces = renderConfiguration(options);
    process.stdout.write(`# 1. Into nginx.conf, in the main context: outside of every { }.\n\n${pieces.main}\n`);
    process.stdout.write(`# 2. Into http { }, for example as /etc/nginx/conf.d/latchkey.conf.\n\n${pieces.http}`);
    if (pieces.backend !== "") process.stdout.write(`\n# 3. Beside nginx.\n\n${pieces.backend}`);
  });

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return port;
}

/** `443`, `192.168.1.2:443` or `[fd00::1]:443`, as nginx's `listen` takes it. */
function parseListen(text: string): string[] {
  const [, host, port = text] = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d+)$/.exec(text) ?? [];
  parsePort(port);
  return host === undefined ? [text, `[::]:${text}`] : [text];
}

function parseBackend(text: string): string {
  if (!isBackendUrl(text)) throw new InvalidArgumentError("It must look like http://127.0.0.1:8123.");
  return text;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? EXIT.done : EXIT.usage) : exitCodeOf(error);
  if (!(error instanceof CommanderError)) process.stderr.write(`latchkey-nginx: ${describe(error)}\n`);
}
