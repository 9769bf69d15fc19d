import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, call, connect } from "../../../clients/connect/connect.js";
import { ListCertificatesRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { startServe, type TestServe } from "../../support/serve.js";
import type { After, Figure, Row, Unit } from "../figure.js";
import { inRounds, medianTime, summarize } from "../harness.js";
import { issueMany } from "../world/fill.js";
import { adminOf, reopen, residentMegabytes } from "../world/house.js";

const FEW = 10;
const MANY = 10_000;
/** Of each query, in each round. */
const CALLS = 100;
/** A start takes seconds. */
const STARTS = 3;
/** After its start the process is still loading, compiling and tidying up. */
const SETTLE_MILLIS = 1_500;

/** The first page of each; 10 to a page is a page that both houses fill. */
const QUERIES = {
  "list, first page of 10": { pageSize: 10, filter: "" },
  "list, first page of 50": { pageSize: 50, filter: "" },
  "list, first page of 50, valid ones": { pageSize: 50, filter: 'status = "valid"' },
  "list, find by exact name": { pageSize: 50, filter: 'device_name = "device 7"' },
} as const;
type Query = keyof typeof QUERIES;
const NAMES = Object.keys(QUERIES) as Query[];

export const listRow: Row = {
  name: "list",
  about: `two CAs, each \`latchkey serve\` as a process of its own on a Level store on disk: one has issued ${FEW} certificates to devices, the other ${MANY.toLocaleString("en-US")} (by BatchIssueCertificates). ListCertificates over gRPC and mutual TLS, one call at a time, p50 of ${CALLS} calls in each round, the client's decoding included. The limit is the same call to the CA that has issued ${FEW}: its page of 50 holds only those and a few operators' certificates, so a first page of 50 is longer by nature, and a page of 10 is alike. Memory is the CA process's VmRSS, ${SETTLE_MILLIS} ms after a start on that data, and again after ${CALLS} calls of each kind; ${STARTS} starts.`,
  run: async (after) => await measure(await startHouse(FEW, after), await startHouse(MANY, after)),
};

interface House {
  readonly serve: TestServe;
  /** Ends the CA and starts it anew on the same data; answers its memory once it has settled. */
  restart(): Promise<number>;
  listMillis(query: Query): Promise<number>;
}

async function startHouse(certificates: number, after: After): Promise<House> {
  const serve = await startServe();
  after(() => serve.remove());
  let connection: Connection = connect(await adminOf(serve));
  after(() => connection.close());
  await issueMany(connection, certificates);
  return {
    serve,
    async restart() {
      connection.close();
      await serve.end("SIGTERM");
      connection = await reopen(serve);
      await sleep(SETTLE_MILLIS);
      return await residentMegabytes(serve);
    },
    listMillis: (query) =>
      medianTime(CALLS, () => call(connection.certificates, "listCertificates", ListCertificatesRequest.create(QUERIES[query]))),
  };
}

async function measure(few: House, many: House): Promise<readonly Figure[]> {
  const millis = await inRounds<string>(
    Object.fromEntries(
      NAMES.flatMap((name) => [
        [`few ${name}`, () => few.listMillis(name)],
        [`many ${name}`, () => many.listMillis(name)],
      ]),
    ),
  );
  const megabytes = await inRounds(
    {
      "few started": () => few.restart(),
      "many started": () => many.restart(),
      "few called": () => memoryAfterCalls(few),
      "many called": () => memoryAfterCalls(many),
    },
    STARTS,
  );
  const figure = (name: string, unit: Unit, value: readonly number[] = [], limit: readonly number[] = []): Figure => ({
    name,
    value: summarize(unit, value),
    limit: { what: `with ${FEW} certificates`, measured: summarize(unit, limit) },
  });
  return [
    ...NAMES.map((name) => figure(name, "ms", millis[`many ${name}`], millis[`few ${name}`])),
    figure("list, memory after a start", "MB", megabytes["many started"], megabytes["few started"]),
    figure("list, memory after the calls", "MB", megabytes["many called"], megabytes["few called"]),
  ];
}

async function memoryAfterCalls(house: House): Promise<number> {
  for (const name of NAMES) await house.listMillis(name);
  return await residentMegabytes(house.serve);
}
