import { execFileSync, spawn } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import xterm from "@xterm/headless";
import { until } from "./nginx.js";

/** A real terminal (`script` makes one), and a person at it. */
export interface TestTerminal {
  /** What stands on the screen, without empty lines: as a terminal emulator draws it. */
  screen(): Promise<string>;
  /** Every octet that was ever written to it. */
  readonly written: string;
  /** Waits until the screen shows it. */
  shows(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  /** Waits until a program reads a line without showing it: one that asks for a password throws away what was typed before that. */
  hidesTyping(): Promise<void>;
  /** As a terminal pastes: in one piece, and between brackets if the program has asked for them. */
  paste(text: string): void;
  /** Waits for the end; answers the exit code. */
  ended(): Promise<number | null>;
  /** Takes the terminal away: the kernel hangs up on what still runs at it. */
  hangUp(): void;
}

export const KEY = { enter: "\r", backspace: "\u007f", ctrlC: "\u0003", ctrlD: "\u0004", ctrlU: "\u0015" } as const;

const COLUMNS = 100;
const ROWS = 60;
const LONGEST_MILLIS = 60_000;

/** Runs a shell's command line at a terminal of 100 columns. */
export function openTerminal(line: string, options: { cwd: string; env: Readonly<Record<string, string>> }): TestTerminal {
  const { cwd, env } = options;
  const child = spawn("script", ["-qefc", `stty cols ${COLUMNS} rows ${ROWS}; ${line}`, "/dev/null"], {
    cwd,
    env: { PATH: process.env.PATH ?? "", SHELL: "/bin/sh", TERM: "xterm", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  // Its keyboard is gone with it: what is still typed goes nowhere.
  child.stdin.on("error", () => {});
  const emulator = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  let written = "";
  child.stdout.on("data", (chunk: Buffer) => {
    written += chunk.toString();
    emulator.write(chunk);
  });
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));

  async function screen(): Promise<string> {
    await new Promise<void>((resolve) => emulator.write("", resolve));
    const { active } = emulator.buffer;
    const lines = Array.from({ length: active.length }, (_, row) => active.getLine(row)?.translateToString(true) ?? "");
    return lines.filter((text) => text !== "").join("\n");
  }
  return {
    screen,
    get written() {
      return written;
    },
    async shows(pattern) {
      const isShown = async () => pattern.test(await screen());
      await until(async () => (await isShown()) || child.exitCode !== null, `${pattern} is not shown:\n${written}`, LONGEST_MILLIS);
      if (!(await isShown())) throw new Error(`it ended without showing ${pattern}:\n${await screen()}`);
    },
    type: (keys) => void child.stdin.write(keys),
    async hidesTyping() {
      const hidden = async () => child.exitCode === null && / -echo /.test(modesOf(terminalOf(child.pid)));
      await until(hidden, `what is typed is not hidden:\n${written}`, LONGEST_MILLIS);
    },
    paste: (text) => void child.stdin.write(emulator.modes.bracketedPasteMode ? `\u001b[200~${text}\u001b[201~` : text),
    ended: () => code,
    hangUp: () => void child.kill("SIGKILL"),
  };
}

/** The terminal that this `script` has made for its command. */
function terminalOf(pid: number | undefined): string {
  const [command] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return readlinkSync(`/proc/${command}/fd/0`);
}

function modesOf(terminal: string): string {
  return execFileSync("stty", ["-F", terminal, "-a"], { encoding: "utf8" });
}
