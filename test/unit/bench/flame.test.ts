import assert from "node:assert/strict";
import { test } from "node:test";
import { type CpuProfile, foldProfile, ownByArea } from "../../bench/flame/profile.js";
import { toFlameGraph } from "../../bench/flame/svg.js";

const frame = (functionName: string, url = "") => ({ functionName, url, lineNumber: 6 });
const store = "file:///somewhere/dist/services/ca/store/level/key.js";

/** `put` is called from two places of `issue`; each sample stands for 100 µs. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 5, 6] },
    { id: 2, callFrame: frame("issue", "file:///somewhere/dist/services/ca/workflows/issuance.js"), children: [3, 4] },
    { id: 3, callFrame: frame("put", store) },
    { id: 4, callFrame: frame("put", store) },
    { id: 5, callFrame: frame("(idle)") },
    { id: 6, callFrame: frame("(garbage collector)") },
  ],
  startTime: 1_000,
  samples: [2, 3, 4, 5, 6, 2],
  timeDeltas: [100, 100, 100, 100, 100, 100],
};

test("a profile is folded into one tree: what one function calls from several places is one frame, and waiting is no work", () => {
  const root = foldProfile(profile, 0, 10_000);
  assert.equal(root.total, 500);
  const [issue, collector] = root.below;
  assert.deepEqual([issue?.name, issue?.area, issue?.total], ["issue services/ca/workflows/issuance.js:7", "latchkey", 400]);
  assert.deepEqual(
    issue?.below.map(({ name, area, total }) => [name, area, total]),
    [["put services/ca/store/level/key.js:7", "store", 200]],
  );
  assert.equal(collector?.area, "garbage collection");
  const own = ownByArea(root);
  assert.deepEqual([own.get("latchkey"), own.get("store"), own.get("garbage collection"), own.get("Node")], [200, 200, 100, 0]);
});

test("only what was sampled between the two moments counts", () => {
  assert.equal(foldProfile(profile, 1_000, 1_250).total, 200);
  assert.equal(foldProfile(profile, 5_000, 6_000).total, 0);
});

test("a flame graph is as wide as its time, names what it shows, and escapes it", () => {
  const work = { name: "a <b>", area: "Node", total: 100, below: [{ name: "half", area: "store", total: 50, below: [] }] } as const;
  const svg = toFlameGraph("Issue & sign", work);
  assert.match(svg, /<title>a &lt;b&gt;: 100\.0 %<\/title><rect x="0\.0" y="56" width="1199\.5"/);
  assert.match(svg, /<title>half: 50\.0 %<\/title><rect x="0\.0" y="73" width="599\.5"/);
  assert.match(svg, /Issue &amp; sign/);
  assert.match(toFlameGraph("Nothing", { ...work, total: 0, below: [] }), /<\/svg>/);
});
