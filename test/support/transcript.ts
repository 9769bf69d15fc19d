import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** `dist/clients/cli/latchkey.js`, as `latchkey` runs it. */
export const LATCHKEY = fileURLToPath(new URL("../../clients/cli/latchkey.js", import.meta.url));

/** One command of a transcript, with what it prints and how it ends. */
export interface Step {
  readonly line: number;
  readonly command: string;
  /** With `…` for what varies within a line, and a line of `…` alone for any number of lines. */
  readonly expected: readonly string[];
  readonly exitCode: number;
}

/**
 * Reads a transcript: prose; then `$ command`, the lines that it prints (standard output, then standard error), and `[n]`
 * when it ends with another exit code than 0. An empty line ends a step.
 */
export function parseTranscript(text: string): Step[] {
  const steps: { line: number; command: string; expected: string[]; exitCode: number }[] = [];
  let inside = false;
  for (const [at, line] of text.split("\n").entries()) {
    const current = steps.at(-1);
    if (line.startsWith("$ ")) {
      steps.push({ line: at + 1, command: line.slice(2), expected: [], exitCode: 0 });
      inside = true;
    } else if (line === "") inside = false;
    else if (inside && current !== undefined) {
      const [, code] = /^\[(\d+)\]$/.exec(line) ?? [];
      if (code === undefined) current.expected.push(line);
      else current.exitCode = Number(code);
    }
  }
  return steps;
}

export interface Outcome {
  readonly printed: string;
  readonly exitCode: number;
}

/** Runs a line in bash, where `latchkey` is the built command. What it prints has no empty lines and no spaces at line ends. */
export function runLine(command: string, folder: string, environment: Readonly<Record<string, string>>): Promise<Outcome> {
  const script = `latchkey() { "${process.execPath}" "${LATCHKEY}" "$@"; }\n${command}`;
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH: process.env.PATH ?? "", HOME: folder, ...environment }, timeout: 60_000 };
    const child = execFile("bash", ["--norc", "-c", script], options, (error, stdout, stderr) => {
      const lines = `${stdout}\n${stderr}`.split("\n").map((line) => line.trimEnd());
      const exitCode = error === null ? 0 : typeof error.code === "number" ? error.code : 255;
      resolve({ printed: lines.filter((line) => line !== "").join("\n"), exitCode });
    });
    child.stdin?.end();
  });
}

/** The pattern that a step's output has to match, whole. */
export function toPattern(expected: readonly string[]): RegExp {
  const lines = expected.map((line) =>
    line.trim() === "\u2026" ? "(?:.*\\n)*?" : `${line.trimEnd().split("\u2026").map(literally).join("[^\\n]*?")}\\n`,
  );
  return new RegExp(`^${lines.join("")}$`);
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
