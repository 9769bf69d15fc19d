import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, release } from "node:os";

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
  /** The processes that wanted a core in the minute before: near 0 when the machine was idle. */
  readonly loadBefore: number;
}

export function readMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    kernel: versionIn(release()),
    node: process.versions.node,
    nodeOpenssl: process.versions.openssl,
    openssl: versionIn(execFileSync("openssl", ["version"], { encoding: "utf8" })),
    // nginx says its version on standard error.
    nginx: versionIn(execFileSync("sh", ["-c", "nginx -v 2>&1"], { encoding: "utf8" })),
    loadBefore: loadavg()[0] ?? 0,
  };
}

export function machineLine({ cpu, cores, kernel, node, nodeOpenssl, openssl, nginx, loadBefore }: Machine): string {
  const programs = `Node ${node} (OpenSSL ${nodeOpenssl}), openssl ${openssl}, nginx ${nginx}`;
  return `${cpu}, ${cores} cores, Linux ${kernel}; ${programs}; load before ${loadBefore.toFixed(1)}`;
}

function versionIn(text: string): string {
  return /\d+\.\d+\.\d+\w*/.exec(text)?.[0] ?? "unknown";
}
