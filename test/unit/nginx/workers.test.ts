import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";

const WORKERS = new URL("../../../clients/nginx/workers.js", import.meta.url).href;

/** Asks for the workers of a master, in a process that has no file descriptors left. */
const QUESTION = `
  const { openSync } = await import("node:fs");
  const { workersOf } = await import(process.argv[1]);
  try { for (;;) openSync("/dev/null"); } catch {}
  const answer = await workersOf(Number(process.argv[2])).catch(({ code, message }) => ({ code, message }));
  process.stdout.write(JSON.stringify({ answer: answer ?? "none can be seen" }));
`;

test("what can't be looked at is not taken for gone: an old worker may be among it", async (t) => {
  const master = spawn("bash", ["-c", 'exec -a "nginx: master process" sleep 60'], { stdio: "ignore" });
  t.after(() => master.kill());
  const command = `ulimit -n 64; exec "${process.execPath}" --input-type=module -e "$0" "$1" "$2"`;
  const { stdout } = await promisify(execFile)("bash", ["-c", command, QUESTION, WORKERS, String(master.pid)]);
  const { answer } = JSON.parse(stdout) as { answer: { code?: string; message?: string } };
  assert.equal(answer.code, "NGINX_OLD_WORKERS_REMAIN", stdout);
  assert.match(answer.message ?? "", /too many open files/);
});
