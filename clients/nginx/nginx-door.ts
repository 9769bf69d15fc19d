import type { NginxCommands } from "./enforce.js";
import { createEnforcer } from "./enforcer.js";
import type { FrontDoor } from "./front-door.js";
import { statusLocation } from "./status-location.js";

/** An nginx, which proves what it enforces. */
export function nginxDoor(commands: NginxCommands): FrontDoor {
  return {
    filesFor: ({ number }) => ({ "latchkey-status.conf": statusLocation(number) }),
    enforcer: (folder, installed, log) => createEnforcer(folder, installed, commands, log),
  };
}
