import { join } from "node:path";
import type { Settings } from "./read-settings.js";
import { pidFileOf, shutdownMillis } from "./settings/audit.js";
import { filesNamed } from "./settings/files.js";
import { SettingsError } from "./settings/tokenize.js";

/** What the steps of a reload depend on, of nginx's own settings. What can't be read is undefined here, and said by the audit. */
export interface SettingsFacts {
  /** Where nginx says who its master is. */
  readonly pidFile?: string;
  /** After how long nginx cuts what is open in old workers. */
  readonly shutdownMillis?: number | undefined;
  /** Does the configuration name anything in the hook's folder? */
  readonly usesFolder?: boolean;
  /** Is latchkey-status.conf part of it? */
  readonly includesStatus?: boolean;
}

/** @param dir the hook's folder, absolute */
export function factsOf(settings: Settings, dir: string): SettingsFacts {
  if (settings.kind === "unreadable") return {};
  const { dump } = settings;
  try {
    const named = filesNamed(dump);
    return {
      pidFile: pidFileOf(dump),
      shutdownMillis: shutdownMillis(dump),
      usesFolder: named.some((file) => file.startsWith(`${dir}/`)),
      includesStatus: named.includes(join(dir, "latchkey-status.conf")),
    };
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return {};
  }
}
