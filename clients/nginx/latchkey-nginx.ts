#!/usr/bin/env node
// First: it must be before grpc-js.
import "../connect/grpc-log.js";

import { resolve } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { VERSION } from "../../generated/build.js";
import { renderConfiguration } from "./configuration.js";
import { createLog } from "./events.js";
import { EXIT, EXIT_CODES, exitCodeOf, sentenceOf } from "./exit.js";
import { nginxVersion } from "./nginx-version.js";
import { runOnce } from "./once.js";
import { addHookOptions, parseNames, readHookOptions } from "./options.js";
import { runHook } from "./run.js";

const EXAMPLE = `--credential /etc/latchkey/nginx --dir /var/lib/latchkey-nginx \\
      --test "nginx -t" --reload "nginx -s reload" --status-url http://127.0.0.1:8481/latchkey-status`;

const program = new Command("latchkey-nginx")
  .description("Keeps an nginx refusing the devices that Latchkey has revoked.")
  .version(VERSION)
  .addHelpText("after", `${EXIT_CODES}\n\nBegin with:\n  latchkey-nginx config --help`)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "latchkey-nginx: ")) })
  .showHelpAfterError("(--help shows the options and an example)");

addHookOptions(program.command("run").description("Follow the CA, and prove after each CRL that nginx enforces it"))
  .addHelpText("after", `\nExample:\n  latchkey-nginx run ${EXAMPLE}`)
  .action(async (flags) => {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
    await runHook(readHookOptions(flags), createLog(), stop.signal);
  });

addHookOptions(program.command("once").description("Do it once: for the first time, before nginx runs, and for cron"))
  .addHelpText("after", `\nExample:\n  latchkey-nginx once ${EXAMPLE}`)
  .action(async (flags) => {
    const { standing, held } = await runOnce(readHookOptions(flags), createLog());
    const { problem, enforced } = standing;
    if (problem === undefined) return say(`nginx enforces CRL ${enforced}.`);
    if (problem.code === "NGINX_NOT_RUNNING")
      return say(`CRL ${held} is written. Nothing enforces it yet: nginx does not run. (${problem.message})`);
    process.stderr.write(`latchkey-nginx: ${problem.code}: ${problem.message}\n`);
    process.exitCode = problem.code.startsWith("NGINX_") ? EXIT.unconfirmed : EXIT.refused;
  });

program
  .command("config")
  .description("Print the nginx configuration that goes with it, for the nginx that is installed")
  .option("--dir <folder>", "where the files for nginx are kept", "/var/lib/latchkey-nginx")
  .option("--server-name <names>", "the names of this nginx, with commas", parseNames, ["home.example.org"])
  .option("--backend <url>", "what nginx guards", parseBackend, "http://127.0.0.1:8123")
  .option("--listen <port>", "the port for devices", parsePort, 443)
  .option("--status-port <port>", "the port on loopback where the hook looks", parsePort, 8481)
  .option("--nginx <command>", "nginx itself, asked for its version with -v", "nginx")
  .addHelpText("after", "\nExample:\n  latchkey-nginx config --server-name home.example.org --backend http://127.0.0.1:8123")
  .action(async ({ dir, serverName, backend, listen, statusPort, nginx }) => {
    const version = await nginxVersion(nginx);
    if (version === "") throw new Error(`\`${nginx} -v\` names no version: is nginx installed? --nginx says where.`);
    const { main, http } = renderConfiguration({ version, dir: resolve(dir), serverNames: serverName, backend, listen, statusPort });
    process.stdout.write(`${main}\n${http}`);
  });

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return port;
}

function parseBackend(text: string): string {
  // It goes into nginx's configuration as it is: nothing that could end a directive.
  if (!/^https?:\/\/[A-Za-z0-9.:[\]_-]+(\/[A-Za-z0-9._~/-]*)?$/.test(text))
    throw new InvalidArgumentError("It must look like http://127.0.0.1:8123.");
  return text;
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else {
    process.stderr.write(`latchkey-nginx: ${sentenceOf(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
