import { printable } from "../terminal.js";
import { type Finding, found, ok, skipped } from "./finding.js";
import type { Ca, House } from "./house.js";

/** More than a clock that is kept by NTP is ever off. Certificates and CRLs begin five minutes in the past: less locks nobody out yet. */
const DIFFERS_MILLIS = 2_000;
const REMEDY = "Set both hosts' clocks by NTP: `timedatectl set-ntp true`.";

/** This host's clock and the hooks', against the CA's. */
export function* lookAtClocks({ ca }: House): Generator<Finding> {
  if (ca === undefined) yield skipped("The clocks: there is no CA to compare with.");
  else yield* clocksOf(ca);
}

export function* clocksOf({ status, hereAt, uncertainMillis }: Omit<Ca, "connection">): Generator<Finding> {
  if (status.clock === undefined) yield skipped("This host's clock: the CA does not say what its own shows.");
  else {
    const here = hereAt.getTime() - status.clock.getTime();
    if (Math.abs(here) <= DIFFERS_MILLIS + uncertainMillis) yield ok("This host's clock agrees with the CA's.");
    else yield found("CLOCK_DIFFERS", `This host's clock is ${difference(here)} of the CA's.`, REMEDY);
  }
  for (const { name, clockSkewMillis, reportTime } of status.subscribers) {
    if (reportTime === undefined) yield skipped(`The clock of ${printable(name)}: it has never reported.`);
    else if (Math.abs(clockSkewMillis) <= DIFFERS_MILLIS) yield ok(`The clock of ${printable(name)} agrees with the CA's.`);
    else yield found("HOOK_CLOCK_DIFFERS", `The clock of ${printable(name)}'s host is ${difference(clockSkewMillis)} of the CA's.`, REMEDY);
  }
}

function difference(millis: number): string {
  return `${Math.round(Math.abs(millis) / 1000)} s ${millis > 0 ? "ahead" : "behind"}`;
}
