import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnectionWatch } from "../../services/ca/workflows/shared-credential.js";

const NOW = new Date("2026-11-26T12:00:00Z");
const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);

function watched(...connections: string[]) {
  const watch = createConnectionWatch();
  for (const connection of connections) watch.saw(connection, NOW);
  return watch;
}

test("one hook that connects again and again, from other ports and addresses, is one", () => {
  const ports = Array.from({ length: 50 }, (_, at) => `10.0.0.2:${40_000 + at}`);
  assert.equal(watched(...ports, "10.0.0.9:1", "[fd00::1]:2").sharedBy(NOW), undefined);
});

test("who reports by a connection from before another's is a second one", () => {
  assert.deepEqual(watched("10.0.0.2:1", "10.0.0.3:1", "10.0.0.2:1").sharedBy(NOW), ["10.0.0.2", "10.0.0.3"]);
  assert.deepEqual(watched("10.0.0.2:1", "10.0.0.2:2", "10.0.0.2:1").sharedBy(NOW), ["10.0.0.2"], "on one host, too");
  assert.deepEqual(watched("[fd00::1]:1", "10.0.0.3:1", "10.0.0.3:2", "[fd00::1]:1").sharedBy(NOW), ["10.0.0.3", "[fd00::1]"]);
});

test("an hour after it was last seen it is over", () => {
  const watch = watched("10.0.0.2:1", "10.0.0.3:1", "10.0.0.2:1");
  assert.notEqual(watch.sharedBy(later(59)), undefined);
  assert.equal(watch.sharedBy(later(61)), undefined);
});
