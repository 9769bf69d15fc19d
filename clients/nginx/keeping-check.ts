import type { AtExpiry } from "./at-expiry.js";
import { readSettings } from "./read-settings.js";
import { auditKeeping } from "./settings/audit.js";
import { SettingsError } from "./settings/tokenize.js";
import type { Warning } from "./warning.js";

/**
 * May the list stand in for the CRL in this nginx's configuration? Where that is not sure, it never does. Whoever asked for `keep-last-good`
 * hears of it from the first day, and not on the day when the CRL ends.
 */
export interface KeepingCheck {
  /** Why it may not. */
  readonly warning: Warning | undefined;
  look(): Promise<void>;
}

/** @param nginx see readSettings */
export function createKeepingCheck(dir: string, nginx: string | undefined, atExpiry: AtExpiry): KeepingCheck {
  let warning: Warning | undefined;
  return {
    get warning() {
      return warning;
    },
    async look() {
      if (atExpiry !== "keep-last-good") return;
      const settings = await readSettings(nginx);
      const why = settings.kind === "unreadable" ? settings.detail : await faultsOf(settings.dump, dir);
      warning = why === "" ? undefined : { code: "KEEPING_NOT_CONFIGURED", message: sentenceOf(why) };
    },
  };
}

/** Empty when there are none. */
async function faultsOf(dump: string, dir: string): Promise<string> {
  try {
    const faults = await auditKeeping(dump, dir);
    return faults.map(({ message, remedy }) => `${message} ${remedy}`).join(" ");
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.message;
  }
}

function sentenceOf(why: string): string {
  return `When the CRL ends, nginx refuses everybody in spite of --at-expiry keep-last-good. ${why} (\`latchkey-nginx config --at-expiry keep-last-good\` prints a configuration for it.)`;
}
