import type { Command } from "commander";
import type { Settings } from "../../services/config.js";
import { LEAVES } from "../../services/settings/leaf.js";
import { describeSource } from "../../services/settings/source.js";
import { loadSettings } from "../../services/settings.js";
import { plainCommand } from "./command.js";
import { settingFlagsOf, withSettingFlags } from "./setting-flags.js";
import { printTable } from "./table.js";
import { dim, printJson } from "./terminal.js";

export function configCommand(): Command {
  return withSettingFlags(
    plainCommand(
      "config",
      "Every setting, its value, and where that came from: latchkey.yaml in the data folder, LATCHKEY_* variables, flags; later ones win",
      "latchkey config --data /var/lib/latchkey\nLATCHKEY_ENROLLMENT_HOST=house.lan latchkey config",
    ),
  )
    .option("--json", "one JSON document on standard output")
    .action(async (options: Readonly<Record<string, unknown>>) => {
      const { settings: effective, sources } = await loadSettings({ flags: settingFlagsOf(options), env: process.env });
      const settings = withoutSecrets(effective);
      const rows = LEAVES.map(({ path }) => ({
        path,
        value: valueAt(settings, path),
        source: sources.get(path) ?? { kind: "default" as const },
      }));
      if (options.json === true) {
        return printJson({ settings, sources: Object.fromEntries(rows.map(({ path, source }) => [path, describeSource(source)])) });
      }
      printTable(rows, [
        { title: "SETTING", text: ({ path }) => path },
        { title: "VALUE", text: ({ value }) => format(value), shrinks: true },
        {
          title: "FROM",
          text: ({ source }) => describeSource(source),
          colour: ({ source }, text) => (source.kind === "default" ? dim(text) : text),
          shrinks: true,
        },
      ]);
    });
}

/** A webhook's path may be all that a receiver asks for: what is printed here is pasted into questions and reports. */
function withoutSecrets(settings: Settings): Settings {
  const { webhook } = settings.notices;
  if (webhook === undefined) return settings;
  return { ...settings, notices: { ...settings.notices, webhook: { ...webhook, url: `${new URL(webhook.url).origin}/\u2026` } } };
}

function valueAt(settings: object, path: string): unknown {
  return path.split(".").reduce((inside: unknown, name) => (inside as Record<string, unknown> | undefined)?.[name], settings);
}

function format(value: unknown): string {
  if (value === undefined) return "-";
  return Array.isArray(value) ? value.join(", ") || "none" : String(value);
}
