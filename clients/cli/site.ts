import type { Command } from "commander";
import { plainCommand } from "./command.js";
import { siteInitCommand } from "./site/init.js";
import { siteRenderCommand } from "./site/render.js";

export function siteCommand(): Command {
  return plainCommand(
    "site",
    "Write the files of all that is around the CA: nginx, Home Assistant, DNS, router, dynamic DNS",
    "latchkey site init --domain home.example.com\nlatchkey site render --out ./site",
  )
    .addCommand(siteInitCommand())
    .addCommand(siteRenderCommand());
}
