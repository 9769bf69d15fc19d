import assert from "node:assert/strict";
import { test } from "node:test";
import { backupOf } from "../../../clients/cli/doctor/backup.js";
import { clocksOf } from "../../../clients/cli/doctor/clocks.js";
import { CA_WARNINGS } from "../../../clients/cli/doctor/codes.js";
import { roomOf } from "../../../clients/cli/doctor/disk.js";
import { type Finding, isTrouble } from "../../../clients/cli/doctor/finding.js";
import { hooksOf, warningsOf } from "../../../clients/cli/doctor/warnings.js";
import { GetStatusResponse } from "../../../generated/latchkey/v1/operations_service.js";
import { Subscriber } from "../../../generated/latchkey/v1/publication_service.js";

const DAY_MILLIS = 24 * 3600_000;
const NOW = new Date("2026-11-26T04:00:00Z");

const codesOf = (findings: Iterable<Finding>) => [...findings].filter(isTrouble).map(({ code, severity }) => `${severity} ${code}`);
const hook = (fields: Partial<Subscriber>) =>
  Subscriber.create({ name: "door", connected: true, enforcedCrlNumber: "7", reportTime: NOW, ...fields });

for (const [code, severity] of Object.entries(CA_WARNINGS)) {
  test(`${code}: what the CA warns of is passed on, in its words`, () => {
    const status = GetStatusResponse.create({ warnings: [{ code, message: "In the CA's words." }], subscribers: [hook({})] });
    assert.deepEqual(
      [...warningsOf(status)],
      [{ severity, code, message: "In the CA's words.", page: `docs/doctor.md#${code.toLowerCase()}` }],
    );
  });
}

test("a warning of a CA that is newer than this command is passed on, too", () => {
  const status = GetStatusResponse.create({ warnings: [{ code: "OF_TOMORROW", message: "New." }] });
  assert.deepEqual(codesOf(warningsOf(status)), ["warning OF_TOMORROW"]);
});

test("a hook's problem is a failure with the hook's own page, and a hole has the page of holes", () => {
  const pageOf = (problem: string, message = "door: …") => {
    const subscribers = [hook({ problem })];
    const [finding] = warningsOf(GetStatusResponse.create({ warnings: [{ code: problem, message }], subscribers }));
    return finding !== undefined && isTrouble(finding) ? [finding.severity, finding.page] : [];
  };
  assert.deepEqual(pageOf("NGINX_RELOAD_FAILED"), ["failure", "docs/errors.md#of-the-nginx-hook"]);
  assert.deepEqual(pageOf("NGINX_SETTINGS_LEAVE_A_HOLE", "door: [EARLY_DATA] …"), ["failure", "docs/nginx-settings.md#early_data"]);
});

test("what a hook only warns of is a warning", () => {
  const code = "SERVER_CERTIFICATE_REFUSED";
  const subscribers = [hook({ warnings: [{ code, message: "…" }] })];
  assert.deepEqual(codesOf(warningsOf(GetStatusResponse.create({ warnings: [{ code, message: "door: …" }], subscribers }))), [
    `warning ${code}`,
  ]);
});

test("no control character of another host's words reaches the terminal", () => {
  const status = GetStatusResponse.create({ warnings: [{ code: "CRL_BEHIND", message: "a\u001b[2Jb" }] });
  const [finding] = warningsOf(status);
  assert.equal(finding?.message, "a·[2Jb");
});

test("NO_HOOK: nobody has registered; who enforces is told by name; who does not is left to the CA's warnings", () => {
  assert.deepEqual(codesOf(hooksOf(GetStatusResponse.create())), ["warning NO_HOOK"]);
  const subscribers = [hook({ relyingParty: "nginx/1.22.1" }), hook({ name: "away", connected: false })];
  assert.deepEqual(
    [...hooksOf(GetStatusResponse.create({ subscribers }))],
    [{ severity: "ok", message: "door enforces CRL 7, on nginx/1.22.1." }],
  );
});

for (const [clockSkewMillis, expected] of [
  [0, []],
  [1_900, []],
  [-2_100, ["warning HOOK_CLOCK_DIFFERS"]],
  [400_000, ["warning HOOK_CLOCK_DIFFERS"]],
] as const) {
  test(`HOOK_CLOCK_DIFFERS: a hook's clock that differs by ${clockSkewMillis} ms`, () => {
    const status = GetStatusResponse.create({ clock: NOW, subscribers: [hook({ clockSkewMillis })] });
    assert.deepEqual(codesOf(clocksOf({ status, hereAt: NOW, uncertainMillis: 0 })), expected);
  });
}

test("a slow way to the CA is no wrong clock", () => {
  const status = GetStatusResponse.create({ clock: NOW });
  const off = { status, hereAt: new Date(NOW.getTime() + 4_000) };
  assert.deepEqual(codesOf(clocksOf({ ...off, uncertainMillis: 100 })), ["warning CLOCK_DIFFERS"]);
  assert.deepEqual(codesOf(clocksOf({ ...off, uncertainMillis: 2_500 })), []);
});

test("a clock that nobody has read is not called right", () => {
  const status = GetStatusResponse.create({ subscribers: [hook({ reportTime: undefined })] });
  assert.deepEqual(
    [...clocksOf({ status, hereAt: NOW, uncertainMillis: 0 })].map(({ severity }) => severity),
    ["skipped", "skipped"],
  );
});

test("BACKUP_OLD: after 30 days; BACKUP_NEVER_MADE", () => {
  const aged = (days: number) => codesOf([backupOf(new Date(NOW.getTime() - days * DAY_MILLIS), NOW)]);
  assert.deepEqual([aged(0), aged(30), aged(30.1)], [[], [], ["warning BACKUP_OLD"]]);
  assert.deepEqual(codesOf([backupOf(undefined, NOW)]), ["warning BACKUP_NEVER_MADE"]);
});

test("DISK_NEARLY_FULL and DISK_FULL: by the room that is left", () => {
  const free = (octets: number) => codesOf([roomOf("/data", octets)]);
  assert.deepEqual([free(5e9), free(199e6), free(19e6)], [[], ["warning DISK_NEARLY_FULL"], ["failure DISK_FULL"]]);
});
