import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, release } from "node:os";

/** Where the figures come from: they mean nothing without it. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
  /** The library within Node, which the CA signs with. */
  readonly nodeOpenssl: string;
  /** The program that is a peer. */
  readonly openssl: string;
  readonly nginx: string;
  /** How many cores were at work in the second before the first row: near 0 when the machine was idle. */
  readonly busyBefore: number;
}

/** Takes a second: the load average would tell of the minute before, of the build and of an earlier run. */
export async function readMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    kernel: versionIn(release()),
    node: process.versions.node,
    nodeOpenssl: process.versions.openssl,
    openssl: versionIn(execFileSync("openssl", ["version"], { encoding: "utf8" })),
    // nginx says its version on standard error.
    nginx: versionIn(execFileSync("sh", ["-c", "nginx -v 2>&1"], { encoding: "utf8" })),
    busyBefore: await busyCores(LOOK_MILLIS),
  };
}

export function machineLine({ cpu, cores, kernel, node, nodeOpenssl, openssl, nginx, busyBefore }: Machine): string {
  const programs = `Node ${node} (OpenSSL ${nodeOpenssl}), openssl ${openssl}, nginx ${nginx}`;
  return `${cpu}, ${cores} cores, Linux ${kernel}; ${programs}; ${busyBefore.toFixed(1)} cores at work before`;
}

const LOOK_MILLIS = 1_000;

/** How many cores work on average, as the kernel counts it. */
export async function busyCores(millis: number): Promise<number> {
  const before = coreTimes();
  await new Promise((resolve) => setTimeout(resolve, millis));
  const after = coreTimes();
  const all = after.all - before.all;
  return all === 0 ? 0 : (cpus().length * (all - (after.idle - before.idle))) / all;
}

/** Of all cores together, since the machine was started, in ms. */
function coreTimes(): { readonly all: number; readonly idle: number } {
  const times = cpus().map((core) => core.times);
  const sum = (of: (core: (typeof times)[number]) => number) => times.reduce((total, core) => total + of(core), 0);
  return { all: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq), idle: sum(({ idle }) => idle) };
}

function versionIn(text: string): string {
  return /\d+\.\d+\.\d+\w*/.exec(text)?.[0] ?? "unknown";
}
