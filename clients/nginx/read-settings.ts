import { lastWords, runCommand } from "./command.js";
import { Problem } from "./problem.js";
import { auditSettings, type Known } from "./settings/audit.js";
import type { Hole } from "./settings/hole.js";
import { SettingsError } from "./settings/tokenize.js";

/** What nginx says its settings are (`nginx -T`), or why nobody can tell. */
export type Settings = { readonly kind: "dump"; readonly dump: string } | { readonly kind: "unreadable"; readonly detail: string };

/** @param nginx nginx itself, which -T is added to; undefined when --test does not tell */
export async function readSettings(nginx: string | undefined): Promise<Settings> {
  if (nginx === undefined) {
    return {
      kind: "unreadable",
      detail: 'From --test it can\'t be told how nginx itself is called. Give --nginx "nginx -c /path/nginx.conf": -T is added to it.',
    };
  }
  const outcome = await runCommand(`${nginx} -T`);
  if (outcome.succeeded) return { kind: "dump", dump: outcome.stdout };
  return { kind: "unreadable", detail: `\`${nginx} -T\` failed; it needs the right to read all of nginx's files. (${lastWords(outcome)})` };
}

/** Throws Problem when the settings can't be read, or leave a hole; `known`: see auditSettings. */
export async function refuseHoles(settings: Settings, dir: string, known: Known): Promise<void> {
  if (settings.kind === "unreadable") throw new Problem("NGINX_SETTINGS_UNREADABLE", settings.detail);
  const holes = await audit(settings.dump, dir, known);
  if (holes.length === 0) return;
  throw new Problem("NGINX_SETTINGS_LEAVE_A_HOLE", holes.map(({ code, message, remedy }) => `[${code}] ${message} ${remedy}`).join(" "));
}

async function audit(dump: string, dir: string, known: Known): Promise<Hole[]> {
  try {
    return await auditSettings(dump, dir, known);
  } catch (cause) {
    if (!(cause instanceof SettingsError)) throw cause;
    throw new Problem("NGINX_SETTINGS_UNREADABLE", cause.message, undefined, { cause });
  }
}
