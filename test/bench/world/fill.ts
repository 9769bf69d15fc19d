import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Connection } from "../../../clients/connect/connect.js";
import {
  BatchIssueCertificatesRequest,
  type BatchIssueCertificatesResponse,
  IssueCertificateRequest,
} from "../../../generated/latchkey/v1/certificate_service.js";
import { parseDeviceName } from "../../../services/ca/authority/device-name.js";
import type { AuthorityId, CertificateRecord, Der } from "../../../services/ca/authority/types.js";
import { openLevelStore } from "../../../services/ca/store/level.js";
import type { Store } from "../../../services/ca/store/store.js";
import { certificateRecord, makeCsr } from "../../unit/authority/world.js";
import { interruption } from "../harness.js";

/** What a device's certificate on P-256 comes to. */
const CERTIFICATE_OCTETS = 600;
/** More than the service works on at a time, and few enough that this process goes on answering the connection's pings. */
const UNANSWERED = 128;
const TRANSACTIONS_AT_A_TIME = 1_000;

/** Issues to so many devices, over gRPC (BatchIssueCertificates): `device 1`, `device 2` … */
export async function issueMany({ certificates }: Connection, count: number): Promise<void> {
  const stream = certificates.batchIssueCertificates();
  let sent = 0;
  const send = () => {
    sent += 1;
    stream.write(BatchIssueCertificatesRequest.create({ request: requestOf(`device ${sent}`) }));
  };
  while (sent < Math.min(count, UNANSWERED)) send();
  let issued = 0;
  for await (const { result } of stream as AsyncIterable<BatchIssueCertificatesResponse>) {
    if (result?.$case !== "issued") throw new Error(`a certificate of the batch was not issued: ${result?.value.message}`);
    issued += 1;
    if (sent < count) send();
    else if (issued === count) stream.end();
  }
}

function requestOf(deviceName: string): IssueCertificateRequest {
  return IssueCertificateRequest.create({ csr: Buffer.from(makeCsr()), deviceName, requestId: randomUUID() });
}

/** Puts so many revoked certificates into the store of a CA that does not run. */
export async function storeRevoked(data: string, count: number, authority: AuthorityId = "devices"): Promise<void> {
  await storeCertificates(data, { count, revoked: count, authority });
}

/** How many, and how many of them are revoked. */
export interface Filling {
  readonly count: number;
  readonly revoked: number;
  readonly authority?: AuthorityId;
}

/**
 * Puts certificates into the store of a CA that does not run: `device 0` … of valid ones, `revoked 0` … of revoked ones, which lie among them
 * evenly. By the store itself: through gRPC a hundred thousand would take minutes. In place of the certificates' DER stand random octets: lists and
 * CRLs are made of the rest.
 */
export async function storeCertificates(data: string, { count, revoked, authority = "devices" }: Filling): Promise<void> {
  const store = await openLevelStore(join(data, "store"));
  const isRevoked = (at: number) => Math.floor(((at + 1) * revoked) / count) > Math.floor((at * revoked) / count);
  try {
    for (let done = 0; done < count; done += TRANSACTIONS_AT_A_TIME) {
      interruption.signal.throwIfAborted();
      const some = Array.from({ length: Math.min(TRANSACTIONS_AT_A_TIME, count - done) }, (_, at) => done + at);
      await Promise.all(some.map((at) => insert(store, isRevoked(at) ? revokedRecord(authority, at) : validRecord(authority, at))));
    }
  } finally {
    await store.close();
  }
}

async function insert(store: Store, record: CertificateRecord): Promise<void> {
  const { deviceName, deviceId, owner, issuedAt } = record;
  const device = record.status === "valid" ? { name: parseDeviceName(deviceName), id: deviceId, owner, createdAt: issuedAt } : undefined;
  await store.insertCertificate(record, device, {
    time: record.issuedAt,
    event: "certificate.issued",
    actor: "system",
    fields: { authority: record.authority, serialNumber: record.serialNumber },
  });
}

function validRecord(authority: AuthorityId, at: number): CertificateRecord {
  return certificateRecord({
    authority,
    deviceName: `device ${at}`,
    deviceId: randomUUID(),
    publicKeyHash: randomBytes(32).toString("hex"),
    der: new Uint8Array(randomBytes(CERTIFICATE_OCTETS)) as Der,
  });
}

function revokedRecord(authority: AuthorityId, at: number): CertificateRecord {
  return certificateRecord({
    ...validRecord(authority, at),
    deviceName: `revoked ${at}`,
    status: "revoked",
    revokedAt: new Date("2025-02-01T12:00:00Z"),
    reason: "unspecified",
  });
}
