import type { Subscriber } from "../../generated/latchkey/v1/publication_service.js";
import { lengthOf, relative } from "./duration.js";
import { type Column, printTable } from "./table.js";
import { green, red, yellow } from "./terminal.js";

/** More than a clock that is kept by NTP is ever off. */
const SKEW_MILLIS = 2_000;

/** Prints who enforces which CRL, a line for each hook. What no hook has to say is left out. */
export function printHooks(hooks: readonly Subscriber[], now: Date): void {
  const when = (time: Date | undefined) => (time === undefined ? "" : relative(time, now));
  const columns: Column<Subscriber>[] = [
    { title: "HOOK", text: ({ name }) => name, shrinks: true },
    {
      title: "STANDING",
      text: ({ connected }) => (connected ? "connected" : "not connected"),
      colour: ({ connected }, text) => (connected ? green(text) : red(text)),
    },
    {
      title: "ENFORCES CRL",
      text: ({ enforcedCrlNumber }) => enforcedCrlNumber || "nothing",
      colour: ({ enforcedCrlNumber }, text) => (enforcedCrlNumber === "" ? yellow(text) : text),
    },
    { title: "LAG", text: (hook) => lagOf(hook, now), colour: ({ crlsBehind }, text) => (crlsBehind > 0 ? yellow(text) : text) },
    {
      title: "CRL ENDS",
      text: ({ enforcedNextUpdate }) => when(enforcedNextUpdate),
      colour: ({ enforcedNextUpdate }, text) => (enforcedNextUpdate !== undefined && enforcedNextUpdate <= now ? red(text) : text),
    },
    { title: "REPORTED", text: ({ reportTime }) => when(reportTime) || "never" },
    { title: "NGINX", text: ({ relyingParty }) => relyingParty, shrinks: true },
    { title: "CLOCK", text: ({ clockSkewMillis }) => skewOf(clockSkewMillis), colour: (_, text) => yellow(text) },
    {
      title: "LAST ERROR",
      text: ({ problem, lastProblem, lastProblemTime }) => problem || (lastProblem === "" ? "" : `${lastProblem} ${when(lastProblemTime)}`),
      colour: ({ problem }, text) => (problem === "" ? text : red(text)),
    },
  ];
  printTable(
    hooks,
    columns.filter(({ text }) => hooks.some((hook) => text(hook) !== "")),
    "  ",
  );
}

/** What it is behind by; else how long the CRL that it enforces took to get there. */
function lagOf({ crlsBehind, behindStartTime, enforcedAfter }: Subscriber, now: Date): string {
  if (crlsBehind > 0) {
    const long = behindStartTime === undefined ? "" : `, ${lengthOf(now.getTime() - behindStartTime.getTime())}`;
    return `${crlsBehind} ${crlsBehind === 1 ? "CRL" : "CRLs"}${long}`;
  }
  return enforcedAfter === undefined ? "" : lengthOf(Number(enforcedAfter.seconds) * 1_000 + enforcedAfter.nanos / 1e6);
}

function skewOf(millis: number): string {
  return Math.abs(millis) <= SKEW_MILLIS ? "" : `${lengthOf(Math.abs(millis))} ${millis > 0 ? "ahead" : "behind"}`;
}
