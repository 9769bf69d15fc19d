import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, call, connect } from "../../../clients/connect/connect.js";
import { ListCertificatesRequest, type ListCertificatesResponse } from "../../../generated/latchkey/v1/certificate_service.js";
import { startServe } from "../../support/serve.js";
import type { After, Figure, Reference, Row, Unit } from "../figure.js";
import { inRounds, medianTime, summarize, timed } from "../harness.js";
import { storeCertificates } from "../world/fill.js";
import { adminOf, ownMegabytes, reopen, residentMegabytes } from "../world/house.js";

const FEW = 1_000;
/** Of each query, in each round. */
const CALLS = 50;
const STARTS = 3;
/** With a million, on a machine that does other work. */
const START_MILLIS = 300_000;
/** After its start the process is still loading, compiling and tidying up. */
const SETTLE_MILLIS = 1_500;
const PAGE_SIZE = 50;
const FAR_PAGE = 1_000;

/** Of so many, a tenth is revoked. A million takes minutes to fill in. */
export const largeStoreRows: readonly Row[] = [100_000, 1_000_000].map((count) => ({
  name: `a store of ${count.toLocaleString("en-US")}`,
  about: `two CAs, each \`latchkey serve\` on a Level store that was filled by the store's own code: with as many certificates, a tenth of them revoked, and with ${FEW.toLocaleString("en-US")}. ListCertificates over gRPC and mutual TLS, ${PAGE_SIZE} to a page, one call at a time, p50 of ${CALLS} calls in each round, the client's decoding included; page ${FAR_PAGE.toLocaleString("en-US")} by the token that the page before it gave, "one serial number" by the first 16 digits. The limit is the same query to the small CA (of page ${FAR_PAGE.toLocaleString("en-US")}: its first page). A start is \`latchkey serve\` from nothing until it serves, looked for every 50 ms; ${STARTS} starts. Memory is the CA process's VmRSS ${SETTLE_MILLIS} ms after each; of its own, what no file stands for (RssAnon): LevelDB maps the store's files into memory, and the system takes those pages back as it likes.`,
  isLong: count > 100_000,
  run: async (after) => await measure(await startHouse(FEW, after), await startHouse(count, after), count),
}));

interface Query {
  readonly filter: string;
  readonly pageToken?: string;
}

interface House {
  readonly queries: Readonly<Record<Name, Query>>;
  listMillis(query: Query): Promise<number>;
  /** Ends the CA and starts it anew; how long that takes. */
  restart(): Promise<number>;
  /** Once it has settled. */
  megabytes(): Promise<number>;
  ownMegabytes(): Promise<number>;
}

const NAMES = [
  "first page",
  "page 1,000",
  "first page of the valid",
  "first page of the revoked",
  "one name",
  "one serial number",
] as const;
type Name = (typeof NAMES)[number];

async function startHouse(count: number, after: After): Promise<House> {
  const serve = await startServe([], { startMillis: START_MILLIS });
  after(() => serve.remove());
  await serve.end("SIGTERM");
  await storeCertificates(serve.data, { count, revoked: count / 10 });
  let connection: Connection = await reopen(serve);
  after(() => connection.close());
  const list = ({ filter, pageToken = "" }: Query): Promise<ListCertificatesResponse> =>
    call(connection.certificates, "listCertificates", ListCertificatesRequest.create({ pageSize: PAGE_SIZE, filter, pageToken }));
  return {
    queries: await queriesOf(list, count),
    listMillis: (query) => medianTime(CALLS, () => list(query)),
    async restart() {
      connection.close();
      await serve.end("SIGTERM");
      const millis = await timed(() => serve.start());
      connection = connect(await adminOf(serve));
      return millis;
    },
    async megabytes() {
      await sleep(SETTLE_MILLIS);
      return await residentMegabytes(serve);
    },
    ownMegabytes: () => ownMegabytes(serve),
  };
}

/** Each finds what it should: a figure of empty pages would be worth nothing. */
async function queriesOf(list: (query: Query) => Promise<ListCertificatesResponse>, count: number): Promise<House["queries"]> {
  const first = await list({ filter: "" });
  const serialNumber = first.certificates[0]?.serialNumber ?? "";
  const queries = {
    "first page": { filter: "" },
    "page 1,000": { filter: "", pageToken: count > FAR_PAGE * PAGE_SIZE ? await tokenOf(list, FAR_PAGE) : "" },
    "first page of the valid": { filter: 'status = "valid"' },
    "first page of the revoked": { filter: 'status = "revoked"' },
    "one name": { filter: 'device_name = "device 7"' },
    "one serial number": { filter: `serial_number = "${serialNumber.slice(0, 16)}*"` },
  };
  for (const [name, query] of Object.entries(queries)) {
    const { certificates } = await list(query);
    const wanted = name.startsWith("one") ? 1 : Math.min(PAGE_SIZE, name.endsWith("revoked") ? count / 10 : count);
    if (certificates.length !== wanted) throw new Error(`${name} of ${count} has ${certificates.length} certificates, not ${wanted}`);
  }
  return queries;
}

/** What the page before gave. */
async function tokenOf(list: (query: Query) => Promise<ListCertificatesResponse>, page: number): Promise<string> {
  let pageToken = "";
  for (let at = 1; at < page; at++) pageToken = (await list({ filter: "", pageToken })).nextPageToken;
  return pageToken;
}

async function measure(few: House, many: House, count: number): Promise<readonly Figure[]> {
  const millis = await inRounds<string>(
    Object.fromEntries(
      NAMES.flatMap((name) => [
        [`few ${name}`, () => few.listMillis(few.queries[name])],
        [`many ${name}`, () => many.listMillis(many.queries[name])],
      ]),
    ),
  );
  const started = await inRounds(
    {
      "few start": () => few.restart(),
      "few memory": () => few.megabytes(),
      "few own": () => few.ownMegabytes(),
      "many start": () => many.restart(),
      "many memory": () => many.megabytes(),
      "many own": () => many.ownMegabytes(),
    },
    STARTS,
  );
  const of = count.toLocaleString("en-US");
  const withFew = (unit: Unit, values: readonly number[]): Reference => ({
    what: `with ${FEW.toLocaleString("en-US")}`,
    measured: summarize(unit, values),
  });
  return [
    ...NAMES.map((name) => ({
      name: `list of ${of}, ${name}`,
      value: summarize("ms", millis[`many ${name}`] ?? []),
      limit: withFew("ms", millis[`few ${name}`] ?? []),
    })),
    { name: `start with ${of}`, value: summarize("ms", started["many start"]), limit: withFew("ms", started["few start"]) },
    {
      name: `memory after a start with ${of}`,
      value: summarize("MB", started["many memory"]),
      limit: withFew("MB", started["few memory"]),
    },
    { name: "the same, of its own", value: summarize("MB", started["many own"]), limit: withFew("MB", started["few own"]) },
  ];
}
