import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { BundleFormat } from "../../../../services/enrollment/bundle/formats.js";
import { CommandError } from "../../error.js";
import { printable } from "../../terminal.js";
import { withPassingFile } from "../passing-file.js";

/** One program to run. Its arguments and variables are for all to see (`ps`): a secret goes to its standard input, or into a file. */
export interface Step {
  readonly program: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** For this user alone, and only while the program runs. */
  readonly secretFile?: { readonly path: string; readonly content: string };
  readonly environment?: Readonly<Record<string, string>>;
}

/** What is to be installed: files, and the passphrase that opens the bundle. */
export interface Installation {
  /** PKCS#12, in the store's format. */
  readonly bundle: string;
  readonly passphrase: string;
  /** The house's root (PEM), to be trusted for websites; undefined where the system knows the house already. */
  readonly root: string | undefined;
  /** What the store lists the root as. */
  readonly rootName: string;
}

/** A place where this user's programs look for certificates. */
export interface DeviceStore {
  /** For sentences: `the NSS database …`. */
  readonly name: string;
  readonly format: BundleFormat;
  /** Finds out what would fail, before the invitation is used up. Throws TOOL_MISSING, INSTALL_FAILED. */
  prepare(): Promise<void>;
  steps(installation: Installation): readonly Step[];
  /** What is left to do, for a person. */
  readonly next: string;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program to its end. What it asks at a terminal, a person answers. */
export async function runStep(step: Step): Promise<Ended> {
  const { secretFile } = step;
  if (secretFile === undefined) return await run(step);
  return await withPassingFile(secretFile.path, secretFile.content, () => run(step));
}

function run({ program, args, input, environment }: Step): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...environment } });
    let output = "";
    const hear = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    // One that ends without reading says why itself.
    child.stdin.on("error", () => {});
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
    child.stdin.end(input);
  });
}

/** Installs. Throws INSTALL_FAILED with what the program said; `consequence`: what that means for the person. */
export async function install(store: DeviceStore, installation: Installation, consequence: string): Promise<void> {
  for (const step of store.steps(installation)) {
    const { code, output } = await runStep(step).catch((error: Error) => ({ code: null, output: error.message }));
    if (code !== 0) throw failed(store.name, step.program, output, consequence);
  }
}

export function failed(name: string, program: string, output: string, consequence: string): CommandError {
  const said = output.trim().split("\n").at(-1)?.replace(/\.$/, "") ?? "";
  return new CommandError("INSTALL_FAILED", `${program} could not install into ${name}: ${printable(said)}. ${consequence}`);
}

/** Is there such a program on the PATH? */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder === "" ? "." : folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
