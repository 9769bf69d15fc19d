import { type ChildProcess, fork } from "node:child_process";
import type { Log } from "../../../services/log.js";

export interface Supervised {
  /** The module to run, and its arguments. */
  readonly module: string;
  readonly arguments: readonly string[];
  /** Options of node itself: its permission model. */
  readonly nodeOptions: readonly string[];
  /** The whole environment of the child: nothing of ours reaches it unasked. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: Log;
  /** It listens: called at every (re)start. */
  readonly onListening: (message: ListeningMessage) => void;
  /** It could not start, and says why. */
  readonly onFailed: (message: FailedMessage) => void;
  readonly onExit: () => void;
}

/** What the child says over IPC when all its listeners answer. */
export interface ListeningMessage {
  readonly listening: string;
  /** Where devices come with their certificate; empty when that port can't be had. */
  readonly devices?: string;
  /** What the owner must be told. */
  readonly warning?: string;
}

/** What the child says over IPC when it can't start. */
export interface FailedMessage {
  readonly failed: string;
  /** The CA could not serve it just now (its clock is behind, its disk is full): trying again may help, a change of settings does not. */
  readonly isPassing: boolean;
}

const FIRST_DELAY_MILLIS = 250;
const LONGEST_DELAY_MILLIS = 30_000;
/** Who has lived this long was well: its next end is restarted from at once. */
const WELL_AFTER_MILLIS = 60_000;
const STOP_MILLIS = 5_000;

/**
 * Runs a child process and runs it again when it dies, after a delay that doubles. The child ends with us: it sees the
 * IPC channel close, however we end.
 */
export function supervise(supervised: Supervised): { stop(): Promise<void> } {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let delayMillis = FIRST_DELAY_MILLIS;
  let stopped = false;

  const start = () => {
    const startedAt = Date.now();
    child = fork(supervised.module, [...supervised.arguments], {
      execArgv: [...supervised.nodeOptions],
      env: { ...supervised.environment },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    child.on("message", (message) => {
      if (isListening(message)) supervised.onListening(message);
      else if (isFailed(message)) supervised.onFailed(message);
    });
    child.once("error", (error) => supervised.log("enrollment.exited", { error: error.message }));
    child.once("exit", (code, signal) => {
      child = undefined;
      if (stopped) return;
      if (Date.now() - startedAt > WELL_AFTER_MILLIS) delayMillis = FIRST_DELAY_MILLIS;
      supervised.log("enrollment.exited", { code: code ?? undefined, signal: signal ?? undefined, restartInMillis: delayMillis });
      supervised.onExit();
      timer = setTimeout(start, delayMillis);
      delayMillis = Math.min(delayMillis * 2, LONGEST_DELAY_MILLIS);
    });
  };
  start();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      const running = child;
      if (running === undefined) return;
      const gone = new Promise<void>((resolve) => running.once("exit", () => resolve()));
      running.kill("SIGTERM");
      const hard = setTimeout(() => running.kill("SIGKILL"), STOP_MILLIS);
      await gone;
      clearTimeout(hard);
    },
  };
}

function isListening(message: unknown): message is ListeningMessage {
  return typeof message === "object" && message !== null && "listening" in message && typeof message.listening === "string";
}

function isFailed(message: unknown): message is FailedMessage {
  return typeof message === "object" && message !== null && "failed" in message && typeof message.failed === "string";
}
