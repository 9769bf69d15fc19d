import type { Command } from "commander";
import { askHealth } from "../connect/health.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./error.js";
import { withConnection } from "./session.js";
import { print, printJson } from "./terminal.js";

/** For whoever watches a process or a container: is the CA there, and does it serve? */
export function healthCommand(): Command {
  return clientCommand(
    "health",
    "Ask the CA by gRPC's health protocol: exit code 0 when it serves, 3 when it does not; any operator may",
    "latchkey health --credential ./page",
  ).action(async (options: CommonOptions) => {
    const status = await withConnection(options, askHealth);
    if (status !== "SERVING")
      throw new CommandError("UNAVAILABLE", `The CA says that it is ${status}: it is stopping, or its log says why.`);
    if (options.json) printJson({ status });
    else print(status);
  });
}
