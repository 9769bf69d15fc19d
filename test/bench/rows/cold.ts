import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startServe, type TestServe } from "../../support/serve.js";
import type { Row } from "../figure.js";
import { inRounds, medianTime, summarize } from "../harness.js";

const run = promisify(execFile);
const STARTS = 5;

export const coldRow: Row = {
  name: "cold start",
  about: `\`latchkey list\` from nothing to its table, against a CA that serves; p50 of ${STARTS} starts in each round. The files lie in the system's cache. The limit is \`node -e 0\`, which does nothing.`,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const values = await inRounds({
      list: () => medianTime(STARTS, () => list(house)),
      node: () => medianTime(STARTS, () => run(process.execPath, ["-e", "0"])),
    });
    return [
      {
        name: "cold start of latchkey list",
        value: summarize("ms", values.list),
        limit: { what: "node -e 0", measured: summarize("ms", values.node) },
      },
    ];
  },
};

async function list(house: TestServe): Promise<void> {
  const { code, stderr } = await house.latchkey("list");
  if (code !== 0) throw new Error(`latchkey list: ${stderr}`);
}
