import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Connection, call, connect } from "../../../clients/connect/connect.js";
import { IssueCertificateRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { startServe } from "../../support/serve.js";
import { makeCsr } from "../../unit/authority/world.js";
import type { After, Row } from "../figure.js";
import { inRounds, median, percentile, summarize, timed } from "../harness.js";
import { adminOf } from "../world/house.js";

/** In each round: of so many, three are slower than p99. */
const CALLS = 300;
/** What LevelDB appends for one certificate. */
const WRITTEN_OCTETS = 4_096;

export const oneIssueRow: Row = {
  name: "one issue at a time",
  about: `IssueCertificate over gRPC and mutual TLS by a service that has nothing else to do: ${CALLS} calls in each round, each when the one before is answered, from a request made before; the certificate is durable when it is answered. The limit of p50 is an fsync alone: ${WRITTEN_OCTETS.toLocaleString("en-US")} octets appended to a file beside the store, and fdatasync, p50 of as many. What p99 is held against is p50 of the same calls.`,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const connection = connect(await adminOf(house));
    after(() => connection.close());
    const append = openAppend(join(house.folder, "appended"), after);
    let last: readonly number[] = [];
    const values = await inRounds({
      p50: async () => {
        last = await issueOneByOne(connection);
        return median(last);
      },
      p99: () => percentile(last, 99),
      fsync: async () => median(await timesOf(append)),
    });
    const p50 = summarize("ms", values.p50);
    return [
      { name: "one issue at a time, p50", value: p50, limit: { what: "fsync", measured: summarize("ms", values.fsync) } },
      { name: "one issue at a time, p99", value: summarize("ms", values.p99), limit: { what: "p50", measured: p50 } },
    ];
  },
};

const REQUESTS = Array.from({ length: CALLS }, () => Buffer.from(makeCsr()));
let issued = 0;

async function issueOneByOne({ certificates }: Connection): Promise<readonly number[]> {
  return await timesOf(async () => {
    issued += 1;
    const csr = REQUESTS[issued % CALLS] ?? Buffer.alloc(0);
    await call(certificates, "issueCertificate", IssueCertificateRequest.create({ csr, deviceName: `phone ${issued}` }));
  });
}

async function timesOf(work: () => unknown): Promise<readonly number[]> {
  const millis: number[] = [];
  for (let at = 0; at < CALLS; at++) millis.push(await timed(work));
  return millis;
}

/** Appends, and waits for the disk: on this very thread, since a way through the thread pool is no part of it. */
function openAppend(path: string, after: After): () => void {
  const file = openSync(path, "a", 0o600);
  after(() => closeSync(file));
  const octets = Buffer.alloc(WRITTEN_OCTETS, 1);
  return () => {
    writeSync(file, octets);
    fdatasyncSync(file);
  };
}
