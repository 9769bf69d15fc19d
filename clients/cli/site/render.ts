import type { Command } from "commander";
import { renderSite } from "../../site/render.js";
import { plainCommand } from "../command.js";
import { CommandError } from "../error.js";
import { showHomeAssistant } from "./home-assistant.js";
import { SITE_FILE } from "./init.js";
import { prepareSite, readSite } from "./prepare.js";
import { writeKit } from "./write-kit.js";

interface Options {
  readonly file: string;
  readonly out?: string;
  readonly homeAssistant?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function siteRenderCommand(): Command {
  return plainCommand(
    "render",
    "Write the files of the site that site.yaml describes; each says where it goes and how to undo it",
    "latchkey site render --out ./site\nlatchkey site render --home-assistant /var/lib/homeassistant/configuration.yaml",
  )
    .option("--out <folder>", "where to write them")
    .option("--home-assistant <file>", "show what changes in this configuration.yaml; it is never written")
    .option("--file <file>", "the site", SITE_FILE)
    .option("--force", "replace files that have changed; what changes is shown all the same")
    .option("--json", "one JSON document on standard output (with --out)")
    .action(async ({ file, out, homeAssistant, force = false, json = false }: Options) => {
      if ((out === undefined) === (homeAssistant === undefined))
        throw new CommandError(
          "USAGE",
          "Say where to write the files (--out FOLDER), or which configuration.yaml to look at (--home-assistant FILE).",
        );
      const site = await readSite(file);
      if (homeAssistant !== undefined) await showHomeAssistant(site, homeAssistant);
      if (out !== undefined) await writeKit(out, renderSite(await prepareSite(site, file)), { force, json });
    });
}
