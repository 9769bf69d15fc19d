import { KEY, openTerminal } from "./terminal.js";

/** A command at a real terminal: what a person sees of it, not what was written. */
export interface TestScreen {
  /** What stands there, without empty lines. */
  screen(): Promise<string>;
  /** Waits until the screen shows it; answers the screen. */
  waitFor(shown: RegExp): Promise<string>;
  /** Types text as it stands. */
  type(text: string): Promise<void>;
  /** Waits until a program reads a password's line, whose beginning it would otherwise throw away. */
  hidesTyping(): Promise<void>;
  press(key: keyof typeof KEYS): Promise<void>;
  /** Waits until the command has ended; answers its exit code. */
  ended(): Promise<number | null>;
  /** Ends the command, if it still runs. */
  close(): void;
}

const KEYS = { Enter: KEY.enter, "C-c": KEY.ctrlC, "C-d": KEY.ctrlD } as const;

/** Runs the command in `folder` at a terminal, with this environment alone. */
export async function openScreen(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<TestScreen> {
  const line = `exec ${command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ")}`;
  const terminal = openTerminal(line, { cwd: folder, env: { LANG: "C.UTF-8", ...environment } });
  return {
    screen: terminal.screen,
    async waitFor(shown) {
      await terminal.shows(shown);
      return await terminal.screen();
    },
    type: async (text) => terminal.type(text),
    hidesTyping: terminal.hidesTyping,
    press: async (key) => terminal.type(KEYS[key]),
    ended: terminal.ended,
    close: terminal.hangUp,
  };
}
