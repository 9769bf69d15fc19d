import { generateKeyPairSync, sign } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, call } from "../../../clients/connect/connect.js";
import { RevokeCertificateRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { issueDevice } from "../../support/operator.js";
import { startServe, type TestServe } from "../../support/serve.js";
import type { Figure, Row } from "../figure.js";
import { inRounds, medianTime, ROUNDS, summarize } from "../harness.js";
import { storeRevoked } from "../world/fill.js";
import { ownMegabytes, reopen } from "../world/house.js";
import { createOpensslCa, type OpensslCa } from "../world/openssl-ca.js";

/** In each round, and in the one that warms up. */
const REVOCATIONS = 8;

/** After its start the process is still loading, compiling and tidying up. */
const SETTLE_MILLIS = 1_500;
/** With a million revoked, on a machine that does other work. */
const START_MILLIS = 300_000;
/** Below, a CRL is nothing beside the program. */
const LARGE = 100_000;

/** By how many are revoked already. A million takes minutes to fill in. */
export const revokeRows: readonly Row[] = [1_000, LARGE, 1_000_000].map((revoked) => {
  const name = `revoke, ${revoked.toLocaleString("en-US")} on the CRL`;
  return {
    name,
    about: `RevokeCertificate of one device over gRPC and mutual TLS, p50 of ${REVOCATIONS} in each round: the revocation is durable, and the CRL that carries it signed, stored and handed out, when the call is answered. The CA is \`latchkey serve\`, its store filled beforehand by the store's own code. The limit is SHA-256, one P-256 signature and one copy of that very CRL's octets, in memory. The peer runs \`openssl ca -revoke\` and \`openssl ca -gencrl\`, with an index of as many. With ${LARGE.toLocaleString("en-US")} and more, memory, too: what the CA process has of its own (RssAnon: the store's files, which LevelDB maps into memory, apart) after all revocations, less that of the same CA ${SETTLE_MILLIS} ms after its first start, against three times the CRL's octets.`,
    isLong: revoked > LARGE,
    run: async (after) => {
      const house = await startServe([], { startMillis: START_MILLIS });
      after(() => house.remove());
      const openssl = await createOpensslCa();
      after(() => openssl.remove());
      await sleep(SETTLE_MILLIS);
      const before = await ownMegabytes(house);
      await house.end("SIGTERM");
      await storeRevoked(house.data, revoked);
      const connection = await reopen(house);
      after(() => connection.close());
      const figure = await measure(name, house, connection, openssl, revoked);
      return revoked < LARGE ? [figure] : [figure, await measureMemory(name, house, before)];
    },
  };
});

async function measure(name: string, house: TestServe, connection: Connection, openssl: OpensslCa, revoked: number): Promise<Figure> {
  const devices: string[] = [];
  for (let at = 0; at < REVOCATIONS * (ROUNDS + 1); at++) devices.push((await issueDevice(connection, `phone ${at}`)).serialNumber);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const values = await inRounds({
    revoked: () => medianTime(REVOCATIONS, () => revoke(connection, devices.pop() ?? "")),
    async limit() {
      const crl = await fetchCrl(house);
      return await medianTime(REVOCATIONS, () => [sign("sha256", crl, privateKey), Buffer.from(crl)]);
    },
    openssl: () => openssl.revokeMillis(revoked),
  });
  return {
    name,
    value: summarize("ms", values.revoked),
    limit: { what: "SHA-256 + sign + copy", measured: summarize("ms", values.limit) },
    peer: { what: "openssl ca", measured: summarize("ms", values.openssl) },
  };
}

async function measureMemory(name: string, house: TestServe, before: number): Promise<Figure> {
  const crl = await fetchCrl(house);
  return {
    name: `${name}, memory for it`,
    value: summarize("MB", [Math.max(0, (await ownMegabytes(house)) - before)]),
    limit: { what: "3 × the CRL", measured: summarize("MB", [(3 * crl.length) / 1e6]) },
  };
}

async function revoke({ certificates }: Connection, serialNumber: string): Promise<void> {
  const selected = { $case: "name" as const, value: `authorities/devices/certificates/${serialNumber}` };
  await call(certificates, "revokeCertificate", RevokeCertificateRequest.create({ selector: { selected } }));
}

async function fetchCrl({ run }: TestServe): Promise<Buffer> {
  return Buffer.from(await (await fetch(`http://${run.http}/crl/devices.crl`)).arrayBuffer());
}
