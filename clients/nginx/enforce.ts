import type { Canaries } from "./canary/canaries.js";
import { lastWords, type Outcome, runCommand } from "./command.js";
import type { Folder } from "./folder.js";
import { canCut, cutOldWorkers, refuseOldMaster, servingNow, untilOldWorkersRetire, workersNow } from "./old-workers.js";
import { Problem } from "./problem.js";
import { isNumber, notProved, proveNumber, whereStatusBelongs } from "./prove.js";
import { readSettings, refuseHoles } from "./read-settings.js";
import { isKeptIn } from "./revocation-files.js";
import { factsOf, type SettingsFacts } from "./settings-facts.js";
import { askStatus } from "./status-location.js";

export interface NginxCommands {
  readonly test: string;
  readonly reload: string;
  /** nginx itself, for -T and -v. */
  readonly nginx: string | undefined;
  readonly statusUrl: string;
}

/** What nginx is to enforce. */
export interface Target {
  /** The CRL's number. */
  readonly number: bigint;
  /** May somebody whom this CRL refuses be connected still? Then old workers are ended, and all that is open in them. */
  readonly cuts: boolean;
}

/**
 * Makes nginx enforce what lies in the folder, and proves it: test, reload, new workers answer with this CRL's number, old
 * workers are gone if they have to be, nginx's settings leave no hole, and the door lets in a good canary and refuses a revoked one. Throws Problem
 * with what stands in the way.
 *
 * When nginx refuses the new files, and takes those before, those go back. When it refuses its configuration with either, does not
 * run, does not reload, or can't be proved to have, the new ones stay: they are good, and older ones would let in who was revoked since.
 *
 * @returns which nginx has proved it, see servingNow
 */
export async function enforce(
  folder: Folder,
  commands: NginxCommands,
  { number, cuts }: Target,
  canaries: Canaries,
): Promise<string | undefined> {
  await test(folder, commands);
  const kept = await isKeptIn(folder);
  const settings = await readSettings(commands.nginx);
  const facts = factsOf(settings, folder.path);
  const before = await workersNow(facts.pidFile);
  const isRunning = before !== undefined || (await askStatus(commands.statusUrl)).kind !== "unreachable";
  // What it has loaded may be better than what lies on the disk.
  if (isRunning) refuseUnused(facts, folder.path);
  if (isRunning) await canaries.beforeReload(settings);
  await reload(commands, facts, folder.path, isRunning);
  refuseUnused(facts, folder.path);
  await prove(commands, facts, folder.path, number, kept);
  await folder.settle();
  if (cuts) await cutOldWorkers(facts, before);
  else await untilOldWorkersRetire(facts.pidFile, before);
  // Before the rest is looked at: a reload of somebody else's that comes now makes it another.
  const serving = await servingNow(facts.pidFile, before);
  await refuseOldMaster(facts.pidFile);
  await refuseHoles(settings, folder.path, { cutsItself: canCut(await workersNow(facts.pidFile)), kept });
  await canaries.prove(settings);
  return serving;
}

/** Does nginx serve this number, and leave its settings no hole? Nothing is reloaded. Answers which nginx, see servingNow. Throws Problem. */
export async function confirm(folder: Folder, commands: NginxCommands, number: bigint, canaries: Canaries): Promise<string | undefined> {
  const answer = await askStatus(commands.statusUrl);
  const kept = await isKeptIn(folder);
  const settings = await readSettings(commands.nginx);
  const { pidFile } = factsOf(settings, folder.path);
  const serving = await servingNow(pidFile);
  await refuseOldMaster(pidFile);
  const workers = await workersNow(pidFile);
  if (!isNumber(answer, number, kept)) {
    const isRunning = answer.kind !== "unreachable" || workers !== undefined;
    throw isRunning ? notProved(answer, folder.path, number, kept) : new Problem("NGINX_NOT_RUNNING", "Start it.");
  }
  await refuseHoles(settings, folder.path, { cutsItself: canCut(workers), kept });
  await canaries.prove(settings);
  return serving;
}

/** Throws Problem when nginx refuses its configuration: with the files back that it took before, if it is the new ones that it refuses. */
async function test(folder: Folder, commands: NginxCommands): Promise<void> {
  const tested = await runCommand(commands.test);
  if (tested.succeeded) return;
  if (tested.notFound) {
    throw new Problem(
      "NGINX_NOT_FOUND",
      `The new files wait for it in ${folder.path}. Is nginx installed, and does --test say where? (${lastWords(tested)})`,
    );
  }
  if (!(await folder.rollBack())) await refuseFirst(commands, tested);
  if ((await runCommand(commands.test)).succeeded) {
    await folder.settle();
    throw new Problem("NGINX_TEST_FAILED", `It refuses the new files; the last good ones are back. (${lastWords(tested)})`);
  }
  // A mistake somewhere else. Whoever mends it and reloads nginx by hand must find the new CRL there, not an older one.
  await folder.rollForward();
  throw new Problem(
    "NGINX_TEST_FAILED",
    `It refuses the files before the new ones, too: mend its configuration, and the new ones are in force. (${lastWords(tested)})`,
  );
}

/** There are no files before these. */
async function refuseFirst(commands: NginxCommands, tested: Outcome): Promise<never> {
  const { kind } = await askStatus(commands.statusUrl);
  if (kind === "unreachable") throw new Problem("NGINX_NOT_RUNNING", `And its configuration is refused: ${lastWords(tested)}`);
  throw new Problem("NGINX_TEST_FAILED", `Mend it: ${lastWords(tested)}`);
}

async function reload(commands: NginxCommands, facts: SettingsFacts, dir: string, isRunning: boolean): Promise<void> {
  const reloaded = await runCommand(commands.reload);
  if (reloaded.succeeded) return;
  const said = `(${lastWords(reloaded)})`;
  if (isRunning || reloaded.notFound) throw new Problem("NGINX_RELOAD_FAILED", `The new files wait for it. ${said}`);
  const what = facts.usesFolder === false ? `${putInPlace(dir)}, and start it.` : "Start it.";
  throw new Problem("NGINX_NOT_RUNNING", `${what} ${said}`);
}

async function prove(commands: NginxCommands, facts: SettingsFacts, dir: string, number: bigint, kept: boolean | undefined): Promise<void> {
  // To wait for it would be in vain.
  if (facts.includesStatus === false) throw new Problem("NGINX_NOT_PROVED", whereStatusBelongs(dir));
  await proveNumber(commands.statusUrl, dir, number, kept);
}

function refuseUnused(facts: SettingsFacts, dir: string): void {
  if (facts.usesFolder === false) throw new Problem("NGINX_NOT_CONFIGURED", `${putInPlace(dir)}, and reload nginx.`);
}

function putInPlace(dir: string): string {
  return `Put in place what \`latchkey-nginx config --dir ${dir}\` prints`;
}
