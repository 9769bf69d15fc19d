import { randomBytes, randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Connection } from "../../../clients/connect/connect.js";
import {
  BatchIssueCertificatesRequest,
  type BatchIssueCertificatesResponse,
  IssueCertificateRequest,
} from "../../../generated/latchkey/v1/certificate_service.js";
import type { AuthorityId, Der } from "../../../services/ca/authority/types.js";
import { openLevelStore } from "../../../services/ca/store/level.js";
import { certificateRecord, makeCsr } from "../../unit/authority/world.js";

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

/**
 * Puts so many revoked certificates into the store of a CA that does not run. By the store itself: through gRPC a hundred
 * thousand would take minutes. In place of the certificates' DER stand random octets: a CRL is made of the rest.
 */
export async function storeRevoked(data: string, count: number, authority: AuthorityId = "devices"): Promise<void> {
  const store = await openLevelStore(join(data, "store"));
  try {
    for (let done = 0; done < count; done += TRANSACTIONS_AT_A_TIME) {
      const some = Array.from({ length: Math.min(TRANSACTIONS_AT_A_TIME, count - done) }, (_, at) => revokedRecord(authority, done + at));
      await Promise.all(
        some.map((record) =>
          store.insertCertificate(record, undefined, {
            time: record.issuedAt,
            event: "certificate.issued",
            actor: "system",
            fields: { authority: record.authority, serialNumber: record.serialNumber },
          }),
        ),
      );
    }
  } finally {
    await store.close();
  }
}

function revokedRecord(authority: AuthorityId, at: number) {
  return certificateRecord({
    authority,
    deviceName: `revoked ${at}`,
    deviceId: randomUUID(),
    publicKeyHash: randomBytes(32).toString("hex"),
    der: new Uint8Array(randomBytes(CERTIFICATE_OCTETS)) as Der,
    status: "revoked",
    revokedAt: new Date("2025-02-01T12:00:00Z"),
    reason: "unspecified",
  });
}
