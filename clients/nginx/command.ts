import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

const TIMEOUT_MILLIS = 60_000;
const MAX_OUTPUT = 64 * 1024 * 1024;
/** A shell's exit codes for what it could not run (POSIX, "Exit Status for Commands"). */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

export interface Outcome {
  readonly succeeded: boolean;
  /** The shell found nothing that it could have run. */
  readonly notFound: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an operator's command line in a shell, for a minute at most. Never throws: what goes wrong is an outcome. */
export function runCommand(line: string, variables: Readonly<Record<string, string>> = {}, millis = TIMEOUT_MILLIS): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(line, { shell: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...variables } });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let octets = 0;
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      octets += chunk.length;
      if (octets <= MAX_OUTPUT) into.push(chunk);
    };
    child.stdout.on("data", collect(stdout));
    child.stderr.on("data", collect(stderr));
    let isTooLate = false;
    const timer = setTimeout(() => {
      isTooLate = true;
      if (child.pid !== undefined) killWhole(child.pid);
      // Whoever could not be killed (sudo's) holds the pipes, and may for ever.
      child.stdout.destroy();
      child.stderr.destroy();
    }, millis);
    const finish = (code: number | null, said = Buffer.concat(stderr).toString()) => {
      clearTimeout(timer);
      const notFound = code === NOT_FOUND || code === NOT_EXECUTABLE;
      resolve({ succeeded: code === 0 && octets <= MAX_OUTPUT, notFound, stdout: Buffer.concat(stdout).toString(), stderr: said });
    };
    child.once("error", (error) => finish(null, error.message));
    child.once("close", (code, signal) => {
      if (signal === null) finish(code);
      else finish(null, isTooLate ? `it did not end within ${millis / 1_000} s` : `ended by ${signal}`);
    });
  });
}

/** A shell and all that it has started. Not by a process group of its own: sudo would find no terminal to ask at. */
function killWhole(pid: number): void {
  let children = "";
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1");
  } catch {
    // It has just ended, or this kernel does not say.
  }
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone, or root's.
  }
  for (const child of children.split(" ").filter((word) => word !== "")) killWhole(Number(child));
}

/** The last lines of what a command said: where nginx names the mistake. */
export function lastWords(outcome: Outcome): string {
  const lines = `${outcome.stdout}\n${outcome.stderr}`.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-3).join(" | ").slice(0, 600);
}

/** What a shell reads as nothing but words: no `&&`, no `;`, no `$(…)`, no quotes. */
const PLAIN = /^[\w\s./:=@%+,-]+$/;

/**
 * `nginx -c /etc/x.conf` from `nginx -t -c /etc/x.conf`: what -T and -v are asked of. Undefined when it can't be told: no -t,
 * or more than one plain command. (`nginx -t && true` without its -t would start an nginx.)
 */
export function nginxOfTest(test: string): string | undefined {
  if (!PLAIN.test(test)) return undefined;
  const words = test.trim().split(/\s+/);
  const isTest = (word: string) => /^-q?tq?$/.test(word);
  return words.some(isTest) ? words.filter((word) => !isTest(word) && word !== "-q").join(" ") : undefined;
}
