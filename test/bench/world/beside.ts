import { Agent, get } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../harness.js";
import { answerOrders } from "./child.js";

/** Begins to ask, or ends it. */
export type BesideOrder = { readonly port: number; readonly root: string } | "end";

const EVERY_MILLIS = 1;
let ending = false;
let asking: Promise<number[]> | undefined;

async function askAgainAndAgain(order: Exclude<BesideOrder, "end">): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const millis: number[] = [];
  await ask(order, agent);
  while (!ending) {
    const start = performance.now();
    await ask(order, agent);
    millis.push(performance.now() - start);
    await sleep(EVERY_MILLIS);
  }
  agent.destroy();
  return millis;
}

function ask({ port, root }: Exclude<BesideOrder, "end">, agent: Agent): Promise<void> {
  const options = {
    agent,
    port,
    host: "127.0.0.1",
    servername: "localhost",
    ca: root,
    path: "/healthz",
    headers: { Host: `localhost:${port}` },
  };
  return new Promise((resolve, reject) => {
    const asked = get(options, (response) => {
      response.on("error", reject);
      response.on("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`/healthz answered ${response.statusCode}`))));
      response.resume();
    });
    asked.on("error", reject);
  });
}

// Asks the enrolment service for what costs nothing, again and again on one connection: as long as an answer is late, its event loop was not
// there for anybody. The answer to the end is the longest, in milliseconds.
answerOrders<BesideOrder, number>(async (order) => {
  if (order === "end") {
    ending = true;
    return percentile((await asking) ?? [], 100);
  }
  ending = false;
  asking = askAgainAndAgain(order);
  asking.catch(() => {});
  return 0;
});
