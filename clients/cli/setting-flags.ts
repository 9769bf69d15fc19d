import type { Command } from "commander";
import { SETTING_FLAGS } from "../../services/settings/text.js";

const HELP: Readonly<Record<string, string>> = {
  data: "<folder>|the data folder: keys, store, credentials, latchkey.yaml (./data)",
  "grpc.listen": "<host:port>|where operators reach the CA (127.0.0.1:8444)",
  "http.listen": "<host:port>|where CA certificates and CRLs are published (127.0.0.1:8480)",
  "enrollment.listen": "<host:port>|where phones enrol ([::]:8443)",
  "enrollment.lan": "<cidrs>|the LAN's networks, joined by commas (those of this host's own private interfaces)",
  "enrollment.host": "<name>|the name in invitations' links (this host's LAN address)",
  "devices.listen": "<host:port>|where devices try and renew their certificate (two ports above --enroll)",
  domains: "<names>|the site's domains, joined by commas: what the servers' certificates may be for",
};

/** Adds the flags that are settings, too. Port 0 lets the system choose one. */
export function withSettingFlags(command: Command): Command {
  for (const [path, flag] of Object.entries(SETTING_FLAGS)) {
    const [argument = "", help = ""] = (HELP[path] ?? "<value>|").split("|");
    command.option(`${flag} ${argument}`, help);
  }
  return command;
}

/** What was given of them, by the setting's path: what `loadSettings` takes. */
export function settingFlagsOf(options: Readonly<Record<string, unknown>>): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(SETTING_FLAGS).map(([path, flag]) => {
      const value = options[flag.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())];
      return [path, typeof value === "string" ? value : undefined];
    }),
  );
}
