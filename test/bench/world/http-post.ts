import { Agent, request } from "node:http";

export interface HttpLoadOrder {
  readonly url: string;
  readonly contentType: string;
  /** Posted in turn, again from the first after the last. */
  readonly bodies: readonly Uint8Array[];
  readonly inFlight: number;
  readonly millis: number;
}

/** Keeps so many POSTs in flight, each on a connection that is kept if the server keeps it. How many were answered in a second, by 200. */
export async function postRate(order: HttpLoadOrder): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: order.inFlight });
  let sent = 0;
  const next = () => post(agent, order, order.bodies[sent++ % order.bodies.length] ?? Buffer.alloc(0));
  try {
    await next();
    const end = performance.now() + order.millis;
    let answered = 0;
    const keepPosting = async () => {
      while (performance.now() < end) {
        await next();
        if (performance.now() <= end) answered += 1;
      }
    };
    await Promise.all(Array.from({ length: order.inFlight }, keepPosting));
    return (answered * 1_000) / order.millis;
  } finally {
    agent.destroy();
  }
}

function post(agent: Agent, { url, contentType }: HttpLoadOrder, body: Uint8Array): Promise<void> {
  const headers = { "Content-Type": contentType, "Content-Length": body.length };
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method: "POST", headers }, (response) => {
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${response.statusCode}`));
      });
      response.resume();
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
