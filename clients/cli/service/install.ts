import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, realpath } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Settings } from "../../../services/config.js";
import { SETTING_FLAGS } from "../../../services/settings/text.js";
import { loadSettings } from "../../../services/settings.js";
import { nothingThere } from "../../connect/nothing-there.js";
import { SERVICES, type ServiceId, textOf, type Unit } from "../../service/unit.js";
import { caUnit, enrollmentUnit, type HookFacts, hookUnit, type Program, type ServiceUser } from "../../service/units.js";
import { CommandError } from "../error.js";
import { settingFlagsOf } from "../setting-flags.js";
import { bold, note, print, printJson } from "../terminal.js";
import { programOf, replaceableByOthers } from "./program.js";
import { journalOf, readUnit, requireSystemd, startUnit, unitPath } from "./systemd.js";
import { ownerOf } from "./user.js";

export interface InstallOptions extends Readonly<Record<string, unknown>> {
  readonly print?: boolean;
  readonly json?: boolean;
}

export interface CaInstallOptions extends InstallOptions {
  readonly passphraseCredential?: string;
}

export interface EnrollmentInstallOptions extends InstallOptions {
  readonly credential?: string;
}

const STARTS_WITHIN_MILLIS = 60_000;

/** The CA at boot, as the user whose data folder it is. */
export async function installCa(options: CaInstallOptions): Promise<void> {
  const { settings } = await loadSettings({ flags: settingFlagsOf(options), env: {} });
  const data = await realFolder(settings.data, "The data folder");
  if (!existsSync(join(data, "store")))
    throw new CommandError(
      "FILE_NOT_FOUND",
      `There is no CA in ${data} yet. Run it once at a terminal (\`latchkey serve --data ${settings.data}\`), where it shows its recovery passphrase and nowhere else, stop it, and type this again.`,
    );
  const user = await ownerOf(data);
  const passphrase = options.passphraseCredential === undefined ? undefined : resolve(options.passphraseCredential);
  if (passphrase !== undefined && /\p{Cc}/u.test(passphrase))
    throw new CommandError(
      "USAGE",
      "The file of --passphrase-credential has a control character in its name, which systemd can't be told: rename it.",
    );
  const unit = caUnit({
    program: programOf("cli/latchkey.js"),
    user,
    data,
    flags: flagsOf(options),
    readable: await readableBy(user, settings),
    passphrase,
  });
  if (passphrase === undefined && settings.keys.passphraseFile === undefined && !(await hasPassphrase(user)))
    throw new CommandError(
      "FILE_NOT_FOUND",
      `The service would not find the passphrase of the keys: there is none in ${passphrasesOf(user)}. Name a file with it (keys.passphraseFile in ${join(data, "latchkey.yaml")}), or have systemd hand it over (--passphrase-credential FILE).`,
    );
  const hasStarted = async (pid: number) =>
    ((await readFile(join(data, "run.json"), "utf8").catch(nothingThere)) ?? "").includes(`"pid":${pid},`);
  await install("ca", unit, options, hasStarted);
}

/** The enrolment service on a host of its own. */
export async function installEnrollment(options: EnrollmentInstallOptions): Promise<void> {
  if (options.credential === undefined)
    throw new CommandError(
      "USAGE",
      "Name the service's credential: --credential FOLDER (`latchkey operator add --role enrollment` makes one).",
    );
  const credential = await realFolder(options.credential, "The credential");
  // The service's own latchkey.yaml lies there.
  const { settings } = await loadSettings({ flags: { ...settingFlagsOf(options), data: credential }, env: {} });
  const user = await ownerOf(credential);
  const program = programOf("cli/latchkey.js");
  const readable = await readableBy(user, settings);
  await install("enrollment", enrollmentUnit({ program, user, credential, flags: flagsOf(options), readable }), options);
}

/** The hook beside root's nginx. */
export async function installHook(hook: HookFacts["options"], options: InstallOptions): Promise<void> {
  const program = programOf("nginx/latchkey-nginx.js");
  warnOfOthers(program);
  const credential = await realFolder(hook.credential, "The credential");
  let said = "";
  // A hook that nginx refuses goes on trying, and so does one without a CA: it is installed all the same, and says why.
  const hasLooked = async (pid: number) => {
    said = await journalOf(SERVICES.nginx, pid);
    return LOOKED.test(said);
  };
  // A unit can't begin without the folders that it names.
  if (options.print !== true) await makeFolder(hook.dir);
  await install("nginx", hookUnit({ program, options: { ...hook, credential } }), options, hasLooked);
  const [, obstacle] = OBSTACLE.exec(said) ?? [];
  if (obstacle !== undefined)
    note(`WARNING: it does not keep nginx yet. ${JSON.parse(obstacle)} It goes on trying: journalctl -u ${SERVICES.nginx} -f`);
}

/** The hook's journal, once it has tried what it is for. */
const LOOKED = /"event":"(?:crl\.enforced|nginx\.not_enforcing|ca\.away|crl\.refused)"/;
const OBSTACLE = /"event":"(?:nginx\.not_enforcing|ca\.away|crl\.refused)".*?"detail":("(?:[^"\\]|\\.)*")/;

async function install(
  id: ServiceId,
  unit: Unit,
  { print: isToPrint, json }: InstallOptions,
  isReady = async (_pid: number) => true,
): Promise<void> {
  const name = SERVICES[id];
  const text = textOf(unit);
  if (isToPrint === true) {
    process.stdout.write(text);
    return;
  }
  requireSystemd(`latchkey service install ${id} …`);
  const before = await readUnit(name);
  await startUnit(name, { text, before }, isReady, STARTS_WITHIN_MILLIS);
  if (json === true) return printJson({ service: name, unit: unitPath(name), isNew: before === undefined });
  const what =
    before === undefined ? "is installed" : before === text ? "was installed so already, and has begun anew" : "is installed anew";
  print(`The service ${bold(name)} ${what}: it runs, now and from each boot on.`);
  print(`  unit    ${unitPath(name)}`);
  print(`  look    systemctl status ${name}; journalctl -u ${name} -f`);
  print(`  undo    latchkey service remove ${id}`);
}

/** Root would run what another user may replace: that user would be root. */
function warnOfOthers(program: Program): void {
  const files = replaceableByOthers(program);
  if (files.length === 0) return;
  note(
    `WARNING: this service runs as root, and others than root can replace its program (${files.join(", ")}): whoever has such a user has this host. Install Latchkey where only root writes (README: "Keep it running").`,
  );
}

/** A setting of the unit's own: what `latchkey.yaml` says, the service reads by itself. */
function flagsOf(options: InstallOptions): string[] {
  const given = settingFlagsOf(options);
  return Object.entries(SETTING_FLAGS).flatMap(([path, flag]) => {
    const value = path === "data" ? undefined : given[path];
    return value === undefined ? [] : [flag, value];
  });
}

/** Folders, not files: what replaces a file by renaming would not be seen in a mount of the file alone. */
async function readableBy(user: ServiceUser, { keys, enrollment, notices }: Settings): Promise<string[]> {
  const { webhook, email } = notices;
  const files = [
    keys.passphraseFile,
    enrollment.tls?.certificate,
    enrollment.tls?.key,
    webhook?.secretFile,
    webhook?.caFile,
    email?.passwordFile,
    email?.caFile,
  ];
  const named = await Promise.all(files.filter((file) => file !== undefined).map((file) => realpath(file)));
  const folders = named.map((file) => (dirname(file) === user.home ? file : dirname(file)));
  const passphrases = passphrasesOf(user);
  return [...folders, ...(existsSync(passphrases) ? [await realpath(passphrases)] : [])];
}

/** nginx's own user may be another: only keys in it are secret. Throws SYSTEM_ERROR. */
async function makeFolder(name: string): Promise<void> {
  requireSystemd("latchkey service install nginx …");
  await mkdir(name, { recursive: true, mode: 0o755 }).catch((cause: Error) => {
    throw new CommandError("SYSTEM_ERROR", `The hook's folder can't be made: ${cause.message}.`, { cause });
  });
}

async function hasPassphrase(user: ServiceUser): Promise<boolean> {
  const names = (await readdir(passphrasesOf(user)).catch(nothingThere)) ?? [];
  return names.some((name) => name.endsWith(".passphrase"));
}

function passphrasesOf({ home }: ServiceUser): string {
  return join(home, ".config", "latchkey");
}

async function realFolder(name: string, what: string): Promise<string> {
  const found = await realpath(name).catch(nothingThere);
  if (found === undefined) throw new CommandError("FILE_NOT_FOUND", `${what} ${resolve(name)} is not there.`);
  return found;
}
