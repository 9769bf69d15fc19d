import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const HERE = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../../${path}`, import.meta.url)));
const NOW = "2026-11-26T12:00:00Z";

/** What printHooks prints of these, as an expression in JavaScript, into a pipe. */
function printed(hooks: string): string[] {
  const code = `const at = (text) => new Date(text);
    Promise.all([import(${HERE("clients/cli/hooks.js")}), import(${HERE("generated/latchkey/v1/publication_service.js")})]).then(
      ([{ printHooks }, { Subscriber }]) => printHooks((${hooks}).map((fields) => Subscriber.create(fields)), at("${NOW}")))`;
  return execFileSync(process.execPath, ["-e", code], { encoding: "utf8" }).split("\n").slice(0, -1);
}

const FRONT = `{ name: "front", connected: true, enforcedCrlNumber: "1795694400000", enforcedAfter: { seconds: "0", nanos: 412000000 },
  enforcedNextUpdate: at("2026-12-26T12:00:00Z"), reportTime: at("2026-11-26T11:59:48Z"), relyingParty: "nginx/1.22.1" }`;
const GARAGE = `{ name: "garage", enforcedCrlNumber: "1795435200000", crlsBehind: 3, behindStartTime: at("2026-11-23T12:00:00Z"), clockSkewMillis: -90000,
  enforcedNextUpdate: at("2026-11-26T11:00:00Z"), reportTime: at("2026-11-23T12:00:00Z"), relyingParty: "nginx/1.26.3",
  problem: "NGINX_TEST_FAILED", lastProblem: "NGINX_TEST_FAILED", lastProblemTime: at("2026-11-23T12:00:00Z") }`;
const NEW = `{ name: "a hook that has registered and never reported" }`;
const MENDED = `{ name: "mended", connected: true, enforcedCrlNumber: "1795694400000", enforcedAfter: { seconds: "7200", nanos: 0 }, reportTime: at("2026-11-26T11:59:00Z"),
  lastProblem: "DISK_FULL", lastProblemTime: at("2026-11-24T12:00:00Z") }`;

test("a house's one hook takes a title and a line, with what it has to say and no more", () => {
  assert.deepEqual(printed(`[${FRONT}]`), [
    "  HOOK   STANDING   ENFORCES CRL   LAG    CRL ENDS    REPORTED        NGINX",
    "  front  connected  1795694400000  0.4 s  in 30 days  12 seconds ago  nginx/1.22.1",
  ]);
});

test("of several each has its line: who is behind, by how much and since when, whose CRL has ended, whose clock is off, and what went wrong last", () => {
  assert.deepEqual(printed(`[${FRONT}, ${GARAGE}, ${NEW}, ${MENDED}]`), [
    "  HOOK                                           STANDING       ENFORCES CRL   LAG             CRL ENDS    REPORTED        NGINX         CLOCK             LAST ERROR",
    "  front                                          connected      1795694400000  0.4 s           in 30 days  12 seconds ago  nginx/1.22.1",
    "  garage                                         not connected  1795435200000  3 CRLs, 3 days  1 hour ago  3 days ago      nginx/1.26.3  2 minutes behind  NGINX_TEST_FAILED",
    "  a hook that has registered and never reported  not connected  nothing                                    never",
    "  mended                                         connected      1795694400000  2 hours                     1 minute ago                                    DISK_FULL 2 days ago",
  ]);
});
