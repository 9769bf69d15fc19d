import { createCanaries } from "./canary/canaries.js";
import { NO_CANARIES } from "./canary/none.js";
import { createEnforcer } from "./enforcer.js";
import type { FrontDoor } from "./front-door.js";
import { createKeepingCheck } from "./keeping-check.js";
import type { HookOptions } from "./options.js";
import { readKept, revocationFiles } from "./revocation-files.js";

/** An nginx, which proves what it enforces; `remembers`: see createEnforcer. */
export function nginxDoor(
  { commands, atExpiry = "fail-closed", withoutCanary = false }: Pick<HookOptions, "commands" | "atExpiry" | "withoutCanary">,
  remembers: boolean,
): FrontDoor {
  return {
    atExpiry,
    filesFor: revocationFiles,
    readKept,
    keepingCheck: (dir) => createKeepingCheck(dir, commands.nginx, atExpiry),
    canaries: (folder, installed) => (withoutCanary ? NO_CANARIES : createCanaries(folder.path, installed)),
    enforcer: (parts, log) => createEnforcer({ ...parts, commands, remembers }, log),
  };
}
