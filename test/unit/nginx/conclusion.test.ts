import assert from "node:assert/strict";
import { test } from "node:test";
import { conclude } from "../../../clients/nginx/conclusion.js";
import { PROBLEMS, Problem, type ProblemCode } from "../../../clients/nginx/problem.js";

/** What is wrong with the CRL, the CA or this host: the files are not the new ones. */
const REFUSED = /^(CRL_|CA_|ADOPTED_|DISK_|WRITE_|COMMAND_)/;

for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
  const isYetToCome = code === "NGINX_NOT_RUNNING";
  test(`${code} ends \`once\` with ${isYetToCome ? "0" : REFUSED.test(code) ? "1: refused" : "4: written, and not enforced"}`, () => {
    const enforcement = { enforced: undefined, problem: new Problem(code, ""), warnings: [], refusesCanaries: false };
    const { exitCode } = conclude({ enforcement, held: 1n, isFirst: false, reportFailure: undefined });
    assert.equal(exitCode, isYetToCome ? 0 : REFUSED.test(code) ? 1 : 4);
  });
}
