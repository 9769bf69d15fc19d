import type { Command } from "commander";
import { clientCommand } from "./command.js";
import { operatorAddCommand } from "./operator-add.js";
import { operatorListCommand } from "./operator-list.js";

export function operatorCommand(): Command {
  return clientCommand(
    "operator",
    "Add or list operators: administrators, viewers, nginx hooks, enrolment services",
    "latchkey operator list",
  )
    .addCommand(operatorAddCommand())
    .addCommand(operatorListCommand());
}
