import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { supervise } from "../../clients/cli/serve/supervise.js";
import { createLog } from "../../services/log.js";

const CHILD = `
process.send({ listening: "pid:" + process.pid + " " + (process.env.GIVEN ?? "") + (process.env.SECRET ?? "") });
process.on("disconnect", () => process.exit(0));
setInterval(() => {}, 1000);
`;

test("a child that dies is started again; stopping ends it for good; it gets the environment that it was given, and no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-supervise-"));
  const module = join(folder, "child.mjs");
  await writeFile(module, CHILD);
  process.env.SECRET = "of the parent";
  const log: string[] = [];
  let heard: (address: string) => void = () => {};
  const next = () => new Promise<string>((resolve) => (heard = resolve));
  let exits = 0;
  const first = next();
  const child = supervise({
    module,
    arguments: [],
    nodeOptions: [],
    environment: { GIVEN: "given" },
    log: createLog((line) => log.push(line)),
    onListening: ({ listening }) => heard(listening),
    onFailed: () => {},
    onExit: () => {
      exits += 1;
    },
  });
  try {
    const [, pid, rest] = /^pid:(\d+) (.*)$/.exec(await first) ?? [];
    assert.equal(rest, "given");
    const second = next();
    process.kill(Number(pid), "SIGKILL");
    const [, newPid] = /^pid:(\d+) /.exec(await second) ?? [];
    assert.notEqual(newPid, pid);
    assert.equal(exits, 1);
    assert.equal((JSON.parse(log[0] ?? "") as { event: string; signal: string }).event, "enrollment.exited");
    await child.stop();
    assert.throws(() => process.kill(Number(newPid), 0), { code: "ESRCH" });
    assert.equal(exits, 1, "an end that was wanted is no accident");
  } finally {
    delete process.env.SECRET;
    await child.stop();
    await rm(folder, { recursive: true });
  }
});
