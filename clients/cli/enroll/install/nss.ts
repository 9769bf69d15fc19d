import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { CommandError } from "../../error.js";
import { type DeviceStore, failed, type Installation, isOnPath, runStep, type Step } from "./step.js";

const TOOLS = ["certutil", "pk12util"] as const;
const UNTOUCHED = "Nothing was sent.";

/**
 * An NSS database: this user's own, where Chromium and Chrome look on Linux, or the one that is named (a profile of Firefox). Its own password, if
 * it has one, NSS asks for at the terminal.
 */
export function nssStore(named: string | undefined): DeviceStore {
  const folder = named?.replace(/^sql:/, "") ?? ownDatabase(homedir());
  return {
    name: `the NSS database ${folder}`,
    format: "pkcs12",
    prepare: () => prepare(folder, named !== undefined),
    steps: (installation) => nssSteps(folder, installation),
    next:
      named === undefined
        ? "Restart Chromium or Chrome: it will offer the certificate. Firefox has a database of its own in its profile: --nss-db FOLDER."
        : "Restart the program that uses the database.",
  };
}

/** Chromium's. A new one made in the old place would hide the one in the new place, with all that is in it. */
export function ownDatabase(home: string): string {
  const old = join(home, ".pki", "nssdb");
  const modern = join(home, ".local", "share", "pki", "nssdb");
  return !existsSync(old) && existsSync(modern) ? modern : old;
}

async function prepare(folder: string, isNamed: boolean): Promise<void> {
  const missing = TOOLS.filter((tool) => !isOnPath(tool));
  if (missing.length > 0) {
    throw new CommandError(
      "TOOL_MISSING",
      `Installing needs ${missing.join(" and ")}: \`sudo apt install libnss3-tools\` (Debian, Ubuntu), or nss-tools elsewhere. ${UNTOUCHED}`,
    );
  }
  if (!existsSync(join(folder, "cert9.db"))) await create(folder, isNamed);
  await refuseLocked(folder);
}

/** One that is damaged, or whose own password nobody is there to type, would only show when the invitation is used up. */
async function refuseLocked(folder: string): Promise<void> {
  const { code, output } = await runStep({ program: "certutil", args: ["-K", "-d", `sql:${folder}`] });
  if (code === 0 || output.includes("no keys found")) return;
  const remedy = output.includes("SEC_ERROR_BAD_PASSWORD")
    ? "It has a password of its own: run this at a terminal, where NSS asks for it. "
    : "";
  throw failed(`the NSS database ${folder}`, "certutil", output, `${remedy}${UNTOUCHED}`);
}

/** This user's own database may be new; one that was named has to be there: its name could be mistyped. */
async function create(folder: string, isNamed: boolean): Promise<void> {
  const args = ["-N", "--empty-password", "-d", `sql:${folder}`];
  if (isNamed) {
    throw new CommandError(
      "INSTALL_FAILED",
      `There is no NSS database in ${folder}. A new one is made by \`certutil ${args.join(" ")}\`. ${UNTOUCHED}`,
    );
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { code, output } = await runStep({ program: "certutil", args });
  if (code !== 0) throw failed(`the NSS database ${folder}`, "certutil", output, UNTOUCHED);
}

export function nssSteps(folder: string, { bundle, passphrase, root, rootName }: Installation): readonly Step[] {
  const database = `sql:${folder}`;
  // `C`: trusted to issue servers' certificates, and nothing else.
  const trust = root === undefined ? [] : [{ program: "certutil", args: ["-A", "-d", database, "-n", rootName, "-t", "C,,", "-i", root] }];
  const words = `${bundle}.passphrase`;
  const importing = {
    program: "pk12util",
    args: ["-i", bundle, "-d", database, "-w", words],
    secretFile: { path: words, content: `${passphrase}\n` },
  };
  return [importing, ...trust];
}
