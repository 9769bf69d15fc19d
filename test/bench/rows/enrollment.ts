import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "../../../clients/connect/connect.js";
import { packBundle } from "../../../services/enrollment/bundle/bundle.js";
import { createDeviceKey } from "../../../services/enrollment/bundle/device-key.js";
import { enrollAtOnce, inviteMany } from "../../support/phones.js";
import { startServe } from "../../support/serve.js";
import type { Figure, Row } from "../figure.js";
import { inRounds, summarize, timed } from "../harness.js";
import type { BesideOrder } from "../world/beside.js";
import { startChild } from "../world/child.js";
import { adminOf } from "../world/house.js";

const PHONES = [1, 10, 100] as const;

export const enrollmentRow: Row = {
  name: "enrollment",
  about:
    "So many phones enrol at once at `latchkey serve`, each from an address and on connections of its own: the page, then `POST /api/v1/enrollments`. With a key of their own (what the page does where the browser can) they send a request and a proof, made before the clock runs; else the service makes the key and packs it (`pkcs12-compatible`). The time of the slowest, from its first octet to its last, TLS handshakes included; the phones are one process, and share the cores with CA and service. The limit of the latter is to make as many keys and pack as many bundles in one process that does nothing else.",
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const connection = connect(await adminOf(house));
    after(() => connection.close());
    const root = (await house.latchkey("ca", "servers")).stdout;
    const devicesCa = (await house.latchkey("ca", "devices")).stdout;
    const place = { port: Number(house.run.enroll.split(":").at(-1)), root };
    let round = 0;
    const slowest = async (count: number, makesKey: boolean) => {
      round += 1;
      const requests = await inviteMany(connection, count, (at) => `phone ${round}.${at}`, makesKey);
      const phones = await enrollAtOnce(place, requests);
      if (phones.some(({ status }) => status !== 201)) throw new Error("a phone was refused");
      return Math.max(...phones.map(({ millis }) => millis));
    };
    const packed = (count: number) => timed(() => Promise.all(Array.from({ length: count }, () => packOne(devicesCa))));
    const figures: Figure[] = [];
    for (const count of PHONES) {
      const values = await inRounds({
        own: () => slowest(count, true),
        made: () => slowest(count, false),
        packed: () => packed(count),
      });
      const who = count === 1 ? "enrolment of a phone" : `enrolment, the slowest of ${count} at once`;
      figures.push({ name: `${who}, own keys`, value: summarize("ms", values.own) });
      figures.push({
        name: `${who}, keys made for them`,
        value: summarize("ms", values.made),
        limit: { what: count === 1 ? "key + bundle" : `${count} keys + bundles`, measured: summarize("ms", values.packed) },
      });
    }
    return figures;
  },
};

const BESIDE = 10;

export const enrollmentBesideRow: Row = {
  name: "enrollment, beside",
  about: `While ${BESIDE} phones enrol at once, keys made for them (as in **enrollment**), another process asks the enrolment service for \`GET /healthz\`, 1 ms after each answer, on one connection; the longest answer of the round. It can't be shorter than the longest block of the service's event loop, and holds what the machine's other processes took besides. The limit is the same for as long while nobody enrols.`,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const connection = connect(await adminOf(house));
    after(() => connection.close());
    const beside = startChild<BesideOrder, number>("beside.js");
    after(() => beside.stop());
    const place = { port: Number(house.run.enroll.split(":").at(-1)), root: (await house.latchkey("ca", "servers")).stdout };
    let round = 0;
    let lasted = 0;
    const longestWhile = async (work: () => Promise<unknown>) => {
      await beside.ask(place);
      await work();
      return await beside.ask("end");
    };
    const values = await inRounds({
      enrolling: async () => {
        round += 1;
        const requests = await inviteMany(connection, BESIDE, (at) => `phone ${round}.${at}`);
        return await longestWhile(async () => {
          lasted = await timed(async () => {
            const phones = await enrollAtOnce(place, requests);
            if (phones.some(({ status }) => status !== 201)) throw new Error("a phone was refused");
          });
        });
      },
      idle: () => longestWhile(() => sleep(lasted)),
    });
    return [
      {
        name: `the longest /healthz while ${BESIDE} enrol, keys made for them`,
        value: summarize("ms", values.enrolling),
        limit: { what: "while nobody enrols", measured: summarize("ms", values.idle) },
      },
    ];
  },
};

/** Any certificate does: what packing costs is the passphrase. */
async function packOne(certificateChain: string): Promise<void> {
  const { privateKey } = await createDeviceKey();
  const passphrase = "abcd-efgh-jkmn-pqrs";
  await packBundle("pkcs12-compatible", { privateKey, certificateChain, anchors: [], deviceName: "phone", deviceId: "-", passphrase });
}
