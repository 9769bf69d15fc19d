import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A program of the bench as a process of its own: it answers each order by one answer. */
export interface Child<Order, Answer> {
  readonly pid: number;
  /** Throws what the program threw, or that it has ended. One order at a time. */
  ask(order: Order): Promise<Answer>;
  stop(): Promise<void>;
}

type Message<Answer> = { readonly answer: Answer } | { readonly failure: string };

/**
 * Starts a program of this folder (`load-client.js`), which calls `answerOrders`.
 *
 * @param under what starts Node, and becomes it: `unshare --net …`
 */
export function startChild<Order, Answer>(file: string, under: readonly string[] = []): Child<Order, Answer> {
  const program = fileURLToPath(new URL(file, import.meta.url));
  const [execPath = "", ...execArgv] = [...under, process.execPath];
  // "advanced" carries octets as they are.
  const child = fork(program, { serialization: "advanced", execPath, execArgv });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid ?? 0,
    ask: (order) => new Promise((resolve, reject) => exchange(child, { order }, resolve, reject)),
    async stop() {
      if (child.connected) child.disconnect();
      await gone;
    },
  };
}

function exchange<Answer>(
  child: ChildProcess,
  message: { order: unknown },
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  const ended = () => reject(new Error("a process of the bench has ended before it answered"));
  child.once("exit", ended);
  child.once("message", (reply) => {
    child.off("exit", ended);
    const said = reply as Message<Answer>;
    if ("failure" in said) reject(new Error(said.failure));
    else resolve(said.answer);
  });
  child.send(message);
}

/** The program's side: answers orders until its parent goes. */
export function answerOrders<Order, Answer>(answer: (order: Order) => Promise<Answer>): void {
  process.on("message", async ({ order }: { order: Order }) => {
    const message = await answer(order).then(
      (value): Message<Answer> => ({ answer: value }),
      (error: unknown): Message<Answer> => ({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    process.send?.(message);
  });
  process.once("disconnect", () => process.exit());
}
