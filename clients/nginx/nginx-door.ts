import type { AtExpiry } from "./at-expiry.js";
import type { NginxCommands } from "./enforce.js";
import { createEnforcer } from "./enforcer.js";
import type { FrontDoor } from "./front-door.js";
import { createKeepingCheck } from "./keeping-check.js";
import { readKept, revocationFiles } from "./revocation-files.js";

/** An nginx, which proves what it enforces; `remembers`: see createEnforcer. */
export function nginxDoor(commands: NginxCommands, atExpiry: AtExpiry = "fail-closed", remembers = false): FrontDoor {
  return {
    atExpiry,
    filesFor: revocationFiles,
    readKept,
    keepingCheck: (dir) => createKeepingCheck(dir, commands.nginx, atExpiry),
    enforcer: (folder, installed, log) => createEnforcer(folder, installed, commands, remembers, log),
  };
}
