import { connect } from "../../../clients/connect/connect.js";
import { issueDevice } from "../../support/operator.js";
import { startServe, type TestServe } from "../../support/serve.js";
import type { Row } from "../figure.js";
import { inRounds, summarize } from "../harness.js";
import { startChild } from "../world/child.js";
import { adminOf } from "../world/house.js";
import type { HttpLoadOrder } from "../world/http-post.js";
import { ocspRequests, startOpensslOcsp } from "../world/openssl-ocsp.js";

const CERTIFICATES = 32;
const IN_FLIGHT = 16;
const MILLIS = 2_000;

export const ocspRow: Row = {
  name: "OCSP",
  about: `OCSP requests (made by \`openssl ocsp\`) about ${CERTIFICATES} certificates in turn, one in each, POSTed over plain HTTP by one process with ${IN_FLIGHT} in flight. Without a nonce the signature is one that is made already (the store is asked each time all the same); with a nonce each answer is signed. The limit is Node's own HTTP server, which reads the request and answers as many octets; with a nonce, after one P-256 signature. The peer is \`openssl ocsp -multi 2\` with a P-256 key and as many certificates in its index, in a network namespace of its own; it signs every answer, and takes a connection for each.`,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    const requests = await requestsOf(house);
    const bare = startChild<number, string>("bare-http-server.js");
    after(() => bare.stop());
    const openssl = await startOpensslOcsp(CERTIFICATES);
    after(() => openssl.stop());
    const client = startChild<HttpLoadOrder, number>("http-load.js");
    after(() => client.stop());
    const ours = `http://${house.run.http}/ocsp`;
    const limit = await bare.ask(await answerOctets(ours, requests.plain[0]));
    const ask = (url: string, bodies: readonly Buffer[]) => () =>
      client.ask({ url, contentType: "application/ocsp-request", bodies, inFlight: IN_FLIGHT, millis: MILLIS });
    const values = await inRounds({
      plain: ask(ours, requests.plain),
      bare: ask(`${limit}/`, requests.plain),
      opensslPlain: () => openssl.rate("plain", IN_FLIGHT, MILLIS),
      withNonce: ask(ours, requests.withNonce),
      signed: ask(`${limit}/signed`, requests.withNonce),
      opensslWithNonce: () => openssl.rate("withNonce", IN_FLIGHT, MILLIS),
    });
    const rate = (what: string, rates: readonly number[]) => ({ what, measured: summarize("/s", rates) });
    return [
      {
        name: `OCSP without a nonce, ${IN_FLIGHT} in flight`,
        value: summarize("/s", values.plain),
        limit: rate("bare HTTP", values.bare),
        peer: rate("openssl ocsp", values.opensslPlain),
      },
      {
        name: `OCSP with a nonce, ${IN_FLIGHT} in flight`,
        value: summarize("/s", values.withNonce),
        limit: rate("bare HTTP + sign", values.signed),
        peer: rate("openssl ocsp", values.opensslWithNonce),
      },
    ];
  },
};

async function requestsOf(house: TestServe) {
  const connection = connect(await adminOf(house));
  try {
    const serialNumbers: string[] = [];
    for (let at = 0; at < CERTIFICATES; at++) serialNumbers.push((await issueDevice(connection, `phone ${at}`)).serialNumber);
    return await ocspRequests((await house.latchkey("ca", "devices")).stdout, serialNumbers);
  } finally {
    connection.close();
  }
}

/** How long an answer is. A figure of a responder that says no would be worth nothing: `successful` is the first thing in it. */
async function answerOctets(url: string, body: Buffer | undefined): Promise<number> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/ocsp-request" },
    body: new Uint8Array(body ?? []),
  });
  const octets = Buffer.from(await answer.arrayBuffer());
  if (!octets.subarray(0, 8).includes(Buffer.of(0x0a, 0x01, 0x00))) throw new Error(`no OCSP answer: ${octets.toString("hex", 0, 16)}`);
  return octets.length;
}
