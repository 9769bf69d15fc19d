import { join } from "node:path";
import { type Credential, readCredential } from "../../../clients/connect/credential.js";
import { startServe } from "../../support/serve.js";
import type { Figure, Row } from "../figure.js";
import { inRounds, summarize } from "../harness.js";
import { startChild } from "../world/child.js";
import { adminOf } from "../world/house.js";
import type { LoadOrder } from "../world/load-client.js";
import { createOpensslCa } from "../world/openssl-ca.js";
import { startSignatures } from "../world/signatures.js";

const IN_FLIGHT = 32;
const MILLIS = 2_000;
const OPENSSL_CERTIFICATES = 40;

export const issueRow: Row = {
  name: "issue",
  about: `\`latchkey serve\` issues to devices from requests with P-256 keys, over gRPC and mutual TLS; each certificate is durable before it is answered. The client is one process with one connection and ${IN_FLIGHT} calls in flight; client and CA share the cores. The limit is the bare cryptography on all cores at once: take in a request's key, verify the request, sign (the CA verifies its own signature, too). Less an empty call: 1 / (1 / issued − 1 / empty calls), where an empty call goes from the same client to a gRPC server that does nothing, over the same mutual TLS; left out where other work on the machine made an empty call the slower one. The peer runs \`openssl ca\` once for each certificate, ${OPENSSL_CERTIFICATES} times, beginning with an empty index; it waits for no disk.`,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const openssl = await createOpensslCa();
    after(() => openssl.remove());
    const signatures = startSignatures();
    after(() => signatures.stop());
    const client = startChild<LoadOrder, number>("load-client.js");
    after(() => client.stop());
    const empty = startChild<Credential, string>("empty-server.js");
    after(() => empty.stop());
    const admin = await adminOf(house);
    const emptyAddress = await empty.ask(await readCredential(join(house.data, "server")));
    const load = { inFlight: IN_FLIGHT, millis: MILLIS };
    return figuresOf(
      await inRounds({
        issued: () => client.ask({ ...load, kind: "issue", credential: admin }),
        empty: () => client.ask({ ...load, kind: "empty", credential: { ...admin, address: emptyAddress } }),
        signed: () => signatures.rate(MILLIS),
        openssl: () => openssl.issueRate(OPENSSL_CERTIFICATES),
      }),
    );
  },
};

type Series = readonly number[];

function figuresOf({ issued, empty, signed, openssl }: Record<"issued" | "empty" | "signed" | "openssl", Series>): readonly Figure[] {
  const limit = { what: "verify + sign", measured: summarize("/s", signed) };
  const less = lessAnEmptyCall(issued, empty);
  return [
    {
      name: `issue, P-256, ${IN_FLIGHT} in flight`,
      value: summarize("/s", issued),
      limit,
      peer: { what: "openssl ca", measured: summarize("/s", openssl) },
    },
    ...(less === undefined ? [] : [{ name: "issue, less an empty call", value: summarize("/s", less), limit }]),
    { name: `an empty call, ${IN_FLIGHT} in flight`, value: summarize("/s", empty) },
  ];
}

/** Undefined where an empty call took longer than an issue: on a machine that does other work it may. */
function lessAnEmptyCall(issued: Series, empty: Series): Series | undefined {
  const secondsEach = issued.map((rate, round) => 1 / rate - 1 / (empty[round] ?? 0));
  return secondsEach.every((seconds) => seconds > 0) ? secondsEach.map((seconds) => 1 / seconds) : undefined;
}
