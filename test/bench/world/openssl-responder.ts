import { type ChildProcess, spawn } from "node:child_process";
import { answerOrders } from "./child.js";
import { type HttpLoadOrder, postRate } from "./http-post.js";

/** Where the responder's `ca.pem`, `ca.key` and `index.txt` are, and what is to be asked of it. */
export interface ResponderOrder extends HttpLoadOrder {
  readonly folder: string;
}

const WORKERS = 2;
const START_MILLIS = 10_000;
let responder: ChildProcess | undefined;

/** SIGKILL, to the whole group that it makes of itself: its parent starts children anew, and they outlive it. */
function kill(): void {
  if (responder?.pid === undefined) return;
  for (const target of [-responder.pid, responder.pid]) {
    try {
      process.kill(target, "SIGKILL");
    } catch {
      // It has no group yet, or is gone.
    }
  }
}

async function start({ folder, ...order }: ResponderOrder): Promise<void> {
  const { port } = new URL(order.url);
  const files = ["-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key"];
  responder = spawn("openssl", ["ocsp", "-port", port, "-multi", String(WORKERS), ...files], { cwd: folder, stdio: "ignore" });
  process.once("exit", kill);
  const end = Date.now() + START_MILLIS;
  for (;;) {
    const isUp = await postRate({ ...order, inFlight: 1, millis: 1 }).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    if (Date.now() > end || responder.exitCode !== null) throw new Error("openssl ocsp does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

// `openssl ocsp` and its client. It listens on every address there is: this process is started in a network that has loopback alone.
answerOrders<ResponderOrder, number>(async (order) => {
  if (responder === undefined) await start(order);
  return await postRate(order);
});
