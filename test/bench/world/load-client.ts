import { randomUUID } from "node:crypto";
import { type Connection, call, connect } from "../../../clients/connect/connect.js";
import type { Credential } from "../../../clients/connect/credential.js";
import {
  BatchIssueCertificatesRequest,
  type BatchIssueCertificatesResponse,
  GetCertificateRequest,
  IssueCertificateRequest,
} from "../../../generated/latchkey/v1/certificate_service.js";
import { makeCsr } from "../../unit/authority/world.js";
import { answerOrders } from "./child.js";

export interface LoadOrder {
  readonly credential: Credential;
  /** `empty`: the smallest request, whose answer is empty as well. `batch`: in one BatchIssueCertificates. */
  readonly kind: "issue" | "empty" | "batch";
  readonly inFlight: number;
  readonly millis: number;
}

/** Made before the clock runs: a device makes its own. */
const REQUESTS = Array.from({ length: 256 }, () => Buffer.from(makeCsr()));
let issued = 0;

function nextRequest(): IssueCertificateRequest {
  issued += 1;
  const csr = REQUESTS[issued % REQUESTS.length] ?? Buffer.alloc(0);
  return IssueCertificateRequest.create({ csr, deviceName: `phone ${process.pid}-${issued}` });
}

async function issue({ certificates }: Connection): Promise<void> {
  await call(certificates, "issueCertificate", nextRequest());
}

async function callEmpty({ certificates }: Connection): Promise<void> {
  await call(certificates, "getCertificate", GetCertificateRequest.create());
}

/** So many calls in flight: each answer sends the next. */
async function keepCalling(connection: Connection, { kind, inFlight, millis }: LoadOrder): Promise<number> {
  const work = kind === "issue" ? issue : callEmpty;
  await work(connection);
  const end = performance.now() + millis;
  let answered = 0;
  const keep = async () => {
    while (performance.now() < end) {
      await work(connection);
      if (performance.now() <= end) answered += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, keep));
  return answered;
}

/** So many requests unanswered in one stream: each answer sends the next. */
async function keepStreaming({ certificates }: Connection, { inFlight, millis }: LoadOrder): Promise<number> {
  const stream = certificates.batchIssueCertificates();
  const send = () => stream.write(BatchIssueCertificatesRequest.create({ request: { ...nextRequest(), requestId: randomUUID() } }));
  const end = performance.now() + millis;
  let unanswered = 0;
  let answered = 0;
  for (; unanswered < inFlight; unanswered++) send();
  for await (const { result } of stream as AsyncIterable<BatchIssueCertificatesResponse>) {
    if (result?.$case !== "issued") throw new Error(`a certificate of the batch was not issued: ${result?.value.message}`);
    unanswered -= 1;
    if (performance.now() <= end) {
      answered += 1;
      unanswered += 1;
      send();
    } else if (unanswered === 0) stream.end();
  }
  return answered;
}

// A client that keeps so many calls in flight on one connection. The answer is how many were answered in a second.
answerOrders<LoadOrder, number>(async (order) => {
  const connection = connect(order.credential);
  try {
    const answered = await (order.kind === "batch" ? keepStreaming(connection, order) : keepCalling(connection, order));
    return (answered * 1_000) / order.millis;
  } finally {
    connection.close();
  }
});
