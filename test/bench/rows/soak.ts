import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, call, connect } from "../../../clients/connect/connect.js";
import { ListCertificatesRequest, RevokeCertificateRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { issueDevice } from "../../support/operator.js";
import { startServe, type TestServe } from "../../support/serve.js";
import type { Row } from "../figure.js";
import { interruption, summarize } from "../harness.js";
import { startChild } from "../world/child.js";
import { adminOf, ownMegabytes } from "../world/house.js";
import type { LoadOrder } from "../world/load-client.js";

const IN_FLIGHT = 32;
const SLICE_MILLIS = 10_000;
const SLICES = 60;
/** So many at the beginning warm up; what comes right after them is held against as many at the end. */
const WARMING = 6;
const COMPARED = 12;
const BESIDE_MILLIS = 250;

const MINUTES = (SLICES * SLICE_MILLIS) / 60_000;

export const soakRow: Row = {
  name: "soak",
  about: `${MINUTES} minutes at full load: certificates issued with ${IN_FLIGHT} calls in flight as in **issue**, and every ${BESIDE_MILLIS} ms besides one that is issued, listed and revoked, and the CRL fetched. An error ends it. What the CA process has of its own (RssAnon: the store's files, which LevelDB maps into memory, apart) and the rate are read every ${SLICE_MILLIS / 1_000} s: the last ${(COMPARED * SLICE_MILLIS) / 60_000} minutes, against as many after the first one. The store and the CRL grow all the while.`,
  isLong: true,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const credential = await adminOf(house);
    const connection = connect(credential);
    after(() => connection.close());
    const client = startChild<LoadOrder, number>("load-client.js");
    after(() => client.stop());
    const beside = workBeside(house, connection);
    after(() => beside.end());
    const rates: number[] = [];
    const megabytes: number[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      interruption.signal.throwIfAborted();
      const load = client.ask({ kind: "issue", inFlight: IN_FLIGHT, millis: SLICE_MILLIS, credential });
      rates.push(await Promise.race([load, beside.failed]));
      megabytes.push(await ownMegabytes(house));
    }
    const early = (values: readonly number[]) => values.slice(WARMING, WARMING + COMPARED);
    const late = (values: readonly number[]) => values.slice(-COMPARED);
    return [
      {
        name: `soak, memory of its own after ${MINUTES} minutes`,
        value: summarize("MB", late(megabytes)),
        limit: { what: "at the beginning", measured: summarize("MB", early(megabytes)) },
      },
      {
        name: `soak, issue after ${MINUTES} minutes`,
        value: summarize("/s", late(rates)),
        limit: { what: "at the beginning", measured: summarize("/s", early(rates)) },
      },
    ];
  },
};

interface Beside {
  /** Rejects with the first error. */
  readonly failed: Promise<never>;
  end(): Promise<void>;
}

/** What else a CA is asked for, while it issues. */
function workBeside(house: TestServe, connection: Connection): Beside {
  const ending = new AbortController();
  const work = async () => {
    for (let at = 0; !ending.signal.aborted; at++) {
      await askForAll(house, connection, `beside ${at}`);
      await sleep(BESIDE_MILLIS, undefined, { signal: ending.signal }).catch(() => {});
    }
  };
  const running = work();
  const failed = new Promise<never>((_, reject) => running.catch(reject));
  failed.catch(() => {});
  return {
    failed,
    async end() {
      ending.abort();
      await running.catch(() => {});
    },
  };
}

async function askForAll({ run }: TestServe, connection: Connection, name: string): Promise<void> {
  const { serialNumber } = await issueDevice(connection, name);
  const filter = `device_name = "${name}"`;
  const { certificates } = await call(
    connection.certificates,
    "listCertificates",
    ListCertificatesRequest.create({ filter, pageSize: 10 }),
  );
  if (certificates.length !== 1) throw new Error(`${name} is listed ${certificates.length} times`);
  const selected = { $case: "name" as const, value: `authorities/devices/certificates/${serialNumber}` };
  await call(connection.certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector: { selected } }));
  const crl = await fetch(`http://${run.http}/crl/devices.crl`);
  const octets = Buffer.from(await crl.arrayBuffer());
  if (!octets.includes(Buffer.from(serialNumber, "hex"))) throw new Error(`the CRL does not name ${serialNumber}`);
}
