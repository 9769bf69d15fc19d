import { execFile, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);
const LONGEST_WAIT_MILLIS = 60_000;

/** A command at a real terminal, which tmux draws: what a person sees of it, not what was written. */
export interface TestScreen {
  /** The screen with all that has scrolled away, without empty lines at its end. */
  screen(): Promise<string>;
  /** Waits until the screen shows it; answers the screen. */
  waitFor(shown: RegExp): Promise<string>;
  /** Types text as it stands. */
  type(text: string): Promise<void>;
  /** Presses one key: `Enter`, `C-c`, `C-d`. */
  press(key: string): Promise<void>;
  /** Waits until the command has ended; answers its exit code. */
  ended(): Promise<number>;
  /** Ends the command, if it still runs, and takes the terminal away. */
  close(): void;
}

/** Runs the command in `folder` at a terminal of 120 columns, with this environment alone. */
export async function openScreen(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<TestScreen> {
  // A server of its own: it has no other session, and ends with this one.
  const socket = `latchkey-test-${randomBytes(6).toString("hex")}`;
  const env = { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", SHELL: "/bin/sh", ...environment };
  const tmux = async (...args: string[]) => (await run("tmux", ["-L", socket, "-f", "/dev/null", ...args], { env })).stdout;
  const size = ["-x", "120", "-y", "60"];
  await tmux("new-session", "-d", ...size, "-c", folder, "--", ...command, ";", "set-option", "remain-on-exit", "on");

  const screen = async () => (await tmux("capture-pane", "-p", "-S", "-")).trimEnd();
  async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
    for (const began = Date.now(); Date.now() - began < LONGEST_WAIT_MILLIS; await sleep(50)) {
      const found = await look();
      if (found !== undefined) return found;
    }
    throw new Error(`${what} did not come. The screen:\n${await screen()}`);
  }
  return {
    screen,
    waitFor: (shown) =>
      until(async () => {
        const text = await screen();
        return shown.test(text) ? text : undefined;
      }, String(shown)),
    type: async (text) => void (await tmux("send-keys", "-l", "--", text)),
    press: async (key) => void (await tmux("send-keys", key)),
    ended: () =>
      until(async () => {
        const [dead, status] = (await tmux("display-message", "-p", "#{pane_dead} #{pane_dead_status}")).trim().split(" ");
        // tmux sees the terminal close a moment before it learns of the exit code.
        return dead === "1" && status !== undefined ? Number(status) : undefined;
      }, "The end of the command"),
    close: () => void execFileSync("tmux", ["-L", socket, "kill-server"], { env, stdio: "ignore" }),
  };
}
