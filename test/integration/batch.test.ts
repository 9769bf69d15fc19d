import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type ClientDuplexStream, status } from "@grpc/grpc-js";
import {
  BatchIssueCertificatesRequest,
  type BatchIssueCertificatesResponse,
  IssueCertificateRequest,
} from "../../generated/latchkey/v1/certificate_service.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { makeCsr } from "../unit/authority/world.js";

/** More than the service works on at a time. */
const REQUESTS = 100;
/** Fewer than that: the service waits for more while it works on them. */
const FEW = 10;

type Batch = ClientDuplexStream<BatchIssueCertificatesRequest, BatchIssueCertificatesResponse>;

let world: TestAuthority;
before(async () => {
  world = await startTestAuthority();
});
after(() => world.stop());

function open(): Batch {
  return world.connection.certificates.batchIssueCertificates({ deadline: Date.now() + 20_000 });
}

function send(batch: Batch, requestId: string, deviceName: string): void {
  const request = IssueCertificateRequest.create({ csr: Buffer.from(makeCsr()), deviceName, requestId });
  batch.write(BatchIssueCertificatesRequest.create({ request }));
}

/** Every answer, in the order of their request_id; resolves when the call has ended. */
async function answersOf(batch: Batch): Promise<string[]> {
  const answers: string[] = [];
  for await (const { requestId, result } of batch as AsyncIterable<BatchIssueCertificatesResponse>) {
    answers.push(`${requestId} ${result?.$case === "issued" ? result.value.deviceName : result?.value.reason}`);
  }
  return answers.toSorted();
}

test("a batch that is sent and closed at once is answered whole, and ends", async () => {
  const batch = open();
  const wanted = Array.from({ length: REQUESTS }, (_, at) => [`request-${at}`, `phone ${at}`] as const);
  for (const [requestId, deviceName] of wanted) send(batch, requestId, deviceName);
  batch.end();
  assert.deepEqual(await answersOf(batch), wanted.map((pair) => pair.join(" ")).toSorted());
});

test("a request of a batch that is refused does not stop the others", async () => {
  const batch = open();
  send(batch, "1", "tablet");
  send(batch, "2", "");
  send(batch, "3", "laptop");
  batch.end();
  assert.deepEqual(await answersOf(batch), ["1 tablet", "2 DEVICE_NAME_INVALID", "3 laptop"]);
});

test("a batch of nothing ends", async () => {
  const batch = open();
  batch.end();
  assert.deepEqual(await answersOf(batch), []);
});

test("a caller that goes away in the middle of a batch takes nobody with it", async () => {
  const batch = open();
  for (let at = 0; at < FEW; at++) send(batch, `lost ${at}`, `lost ${at}`);
  const ended = answersOf(batch).catch((error: { code: number }) => error.code);
  await new Promise((resolve) => batch.once("data", resolve));
  batch.cancel();
  assert.equal(await ended, status.CANCELLED);
  const next = open();
  send(next, "next", "the next one's phone");
  next.end();
  assert.deepEqual(await answersOf(next), ["next the next one's phone"]);
});
