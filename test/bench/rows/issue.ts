import { join } from "node:path";
import { type Credential, readCredential } from "../../../clients/connect/credential.js";
import { startServe } from "../../support/serve.js";
import type { Figure, Reference, Row } from "../figure.js";
import { inRounds, summarize } from "../harness.js";
import { startCfssl } from "../world/cfssl.js";
import { startChild } from "../world/child.js";
import { createEasyRsa } from "../world/easy-rsa.js";
import { adminOf } from "../world/house.js";
import type { LoadOrder } from "../world/load-client.js";
import { createOpensslCa } from "../world/openssl-ca.js";
import { startSignatures } from "../world/signatures.js";

const IN_FLIGHT = 32;
/** Its fastest, and what it takes from a client on the other core. */
const CFSSL_IN_FLIGHT = 16;
const UNANSWERED = 128;
const MILLIS = 2_000;
const OPENSSL_CERTIFICATES = 40;
const EASY_RSA_CERTIFICATES = 4;

export const issueRow: Row = {
  name: "issue",
  about: `\`latchkey serve\` issues to devices from requests with P-256 keys, over gRPC and mutual TLS; each certificate is durable before it is answered. The client is one process with one connection and ${IN_FLIGHT} calls in flight; in a batch, one BatchIssueCertificates with ${UNANSWERED} requests that are not answered yet; client and CA share the cores. The limit is the bare cryptography on all cores at once: take in a request's key, verify the request, sign (the CA verifies its own signature, too). Less an empty call: 1 / (1 / issued − 1 / empty calls), where an empty call goes from the same client to a gRPC server that does nothing, over the same mutual TLS; left out where other work on the machine made an empty call the slower one. Of the peers, \`openssl ca\` is run once for each certificate, ${OPENSSL_CERTIFICATES} times, beginning with an empty index, and \`easyrsa sign-req\` ${EASY_RSA_CERTIFICATES} times, beside what it has signed in the rounds before; neither waits for a disk. \`cfssl serve\` (Debian's) signs over plain HTTP from a client with ${CFSSL_IN_FLIGHT} requests in flight, and stores nothing: no index, no device, no audit log.`,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const openssl = await createOpensslCa();
    after(() => openssl.remove());
    const easyRsa = await createEasyRsa();
    after(() => easyRsa.remove());
    const cfssl = await startCfssl();
    after(() => cfssl.stop());
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
        batch: () => client.ask({ ...load, kind: "batch", inFlight: UNANSWERED, credential: admin }),
        signed: () => signatures.rate("verify + sign", MILLIS),
        cfssl: () => cfssl.signRate(CFSSL_IN_FLIGHT, MILLIS),
        openssl: () => openssl.issueRate(OPENSSL_CERTIFICATES),
        easyRsa: () => easyRsa.signRate(EASY_RSA_CERTIFICATES),
      }),
    );
  },
};

/** An authority with a key that signs a seventh as fast. */
export const issueByRsaRow: Row = {
  name: "issue by RSA-2048",
  about: `As **issue**, by an authority whose key is RSA-2048 (\`keys.type\`); the requests' keys are on P-256. The limit is the signature alone, on all cores at once.`,
  run: async (after) => {
    const house = await startServe([], { environment: { LATCHKEY_KEYS_TYPE: "RSA-2048" } });
    after(() => house.remove());
    const signatures = startSignatures();
    after(() => signatures.stop());
    const client = startChild<LoadOrder, number>("load-client.js");
    after(() => client.stop());
    const credential = await adminOf(house);
    const values = await inRounds({
      issued: () => client.ask({ kind: "issue", inFlight: IN_FLIGHT, millis: MILLIS, credential }),
      signed: () => signatures.rate("RSA-2048", MILLIS),
    });
    return [
      {
        name: `issue by RSA-2048, ${IN_FLIGHT} in flight`,
        value: summarize("/s", values.issued),
        limit: { what: "RSA-2048 signatures", measured: summarize("/s", values.signed) },
      },
    ];
  },
};

type Series = readonly number[];
type Probe = "issued" | "empty" | "batch" | "signed" | "cfssl" | "openssl" | "easyRsa";

function figuresOf({ issued, empty, batch, signed, ...peers }: Record<Probe, Series>): readonly Figure[] {
  const limit = { what: "verify + sign", measured: summarize("/s", signed) };
  const peer = (what: string, rates: Series): Reference => ({ what, measured: summarize("/s", rates) });
  const cfssl = peer("cfssl", peers.cfssl);
  const one = { name: `issue, P-256, ${IN_FLIGHT} in flight`, value: summarize("/s", issued) };
  const less = lessAnEmptyCall(issued, empty);
  return [
    { ...one, limit, peer: peer("openssl ca", peers.openssl) },
    { ...one, name: "the same, beside cfssl", peer: cfssl },
    { ...one, name: "the same, beside easy-rsa", peer: peer("easyrsa sign-req", peers.easyRsa) },
    ...(less === undefined ? [] : [{ name: "issue, less an empty call", value: summarize("/s", less), limit }]),
    { name: `an empty call, ${IN_FLIGHT} in flight`, value: summarize("/s", empty) },
    { name: `issue, P-256, a batch of ${UNANSWERED} in flight`, value: summarize("/s", batch), limit, peer: cfssl },
  ];
}

/** Undefined where an empty call took longer than an issue: on a machine that does other work it may. */
function lessAnEmptyCall(issued: Series, empty: Series): Series | undefined {
  const secondsEach = issued.map((rate, round) => 1 / rate - 1 / (empty[round] ?? 0));
  return secondsEach.every((seconds) => seconds > 0) ? secondsEach.map((seconds) => 1 / seconds) : undefined;
}
