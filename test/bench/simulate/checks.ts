import { type Constants, STATED } from "./constants.js";
import { lineThrough } from "./line.js";
import { simulateQueue } from "./queue.js";
import { seeded } from "./random.js";
import type { Results } from "./results.js";

/** What the model says of something that the bench has measured, and that was not put into it. */
export interface Check {
  readonly what: string;
  readonly unit: "ms" | "octets";
  readonly model: number;
  readonly bench: number;
}

const SEED = 3;

export function checksOf(results: Results, constants: Constants): readonly Check[] {
  const listed = 100_000;
  const few = 10;
  const nginx = (entries: string) => `nginx, revoked until refused, ${entries} on the CRL`;
  const bareGrowth = results.limit(nginx("100,000"), "ms") - results.limit(nginx("10"), "ms");
  const lone = { p50: constants.enrolmentMillis, p99: constants.enrolmentMillis };
  const together = Array.from({ length: few }, () => 0);
  return [
    {
      what: "octets of a CRL with 100,000 entries, from the octets of one",
      unit: "octets",
      model: STATED.crlFrameOctets.value + listed * STATED.crlEntryOctets.value,
      bench: (results.limit("revoke, 100,000 on the CRL, memory for it", "MB") * 1e6) / 3,
    },
    {
      what: "memory of a CA with 10,000 revoked, from what 100,000 take",
      unit: "octets",
      model: constants.megabytes.at(listed / 10) * 1e6,
      bench: results.value("memory after a start with 100,000, of its own", "MB") * 1e6,
    },
    {
      what: "enforced with 100,000 on the CRL, from what 10 take and what an nginx without a hook takes longer",
      unit: "ms",
      model: results.value(nginx("10"), "ms") + bareGrowth + constants.signedMillis.at(listed) - constants.signedMillis.at(few),
      bench: results.value(nginx("100,000"), "ms"),
    },
    {
      what: "the slowest of 10 phones that enrol at once, from a lone one and the rate of 100",
      unit: "ms",
      model: simulateQueue(together, { perSecond: constants.enrolmentsPerSecond, lone }, seeded(SEED)).slowest,
      bench: results.value(`enrolment, the slowest of ${few} at once, own keys`, "ms"),
    },
    ...largestFromOthers(results, "revoke, # on the CRL"),
    ...largestFromOthers(results, "nginx, revoked until refused, # on the CRL"),
  ];
}

/** Where there are more than two (`npm run bench -- --all`), the others say what the largest should be. */
function largestFromOthers(results: Results, pattern: string): readonly Check[] {
  const series = results.series(pattern);
  const largest = series.at(-1);
  if (largest === undefined || series.length < 3) return [];
  const others = lineThrough(series.slice(0, -1).map(({ at, name }) => ({ x: at, y: results.value(name, "ms") })));
  return [
    { what: `${largest.name}, from those with fewer`, unit: "ms", model: others.at(largest.at), bench: results.value(largest.name, "ms") },
  ];
}
