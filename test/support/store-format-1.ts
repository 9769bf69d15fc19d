import { Level } from "level";
import type { CertificateRecord } from "../../services/ca/authority/types.js";

type Row = readonly [key: string, value: string | Uint8Array];

/** Writes a store as the versions of format 1 did, spelled out here so that it stays what it was. `records`: in the order of issuance. */
export async function writeFormat1(folder: string, records: readonly CertificateRecord[]): Promise<void> {
  const database = new Level<string, Uint8Array>(folder, { keyEncoding: "utf8", valueEncoding: "view" });
  await database.open();
  const counts = {
    issued: records.length,
    revoked: records.filter(({ status }) => status === "revoked").length,
    held: records.filter(({ status }) => status === "held").length,
  };
  const state = {
    lastAudit: { sequence: 0, hash: "0".repeat(64) },
    certificates: records.length,
    invitations: 0,
    newest: 1_700_000_000_000,
  };
  const rows: Row[] = [
    ["format", "1"],
    ["counts", JSON.stringify(counts)],
    ["state", JSON.stringify(state)],
    ["document\0name", "content"],
    ...records.flatMap((record, at) => rowsOf(record, at + 1)),
  ];
  await database.batch(
    rows.map(([key, value]) => ({ type: "put" as const, key, value: Buffer.from(value) })),
    { sync: true },
  );
  await database.close();
}

function rowsOf(record: CertificateRecord, sequence: number): Row[] {
  const { authority, serialNumber, deviceName, owner, notAfter, requestId, status } = record;
  const name = JSON.stringify([authority, serialNumber]);
  return [
    [`certificate\0${authority}\0${serialNumber}`, recordValue(record, sequence)],
    [`by-sequence\0${padded(sequence)}`, name],
    [`by-authority\0${authority}\0${padded(sequence)}`, name],
    [`by-name\0${deviceName}\0${padded(sequence)}`, name],
    ...(owner === "" ? [] : [[`by-owner\0${owner}\0${padded(sequence)}`, name] as const]),
    [`by-expiry\0${padded(notAfter.getTime())}\0${padded(sequence)}`, name],
    ...(requestId === "" ? [] : [[`by-request\0${requestId}`, name] as const]),
    ...(status === "valid"
      ? []
      : [[`by-status\0${status}\0${padded(sequence)}`, name] as const, [`revoked\0${authority}\0${serialNumber}`, ""] as const]),
  ];
}

function recordValue(record: CertificateRecord, sequence: number): Uint8Array {
  const header = {
    a: record.authority,
    s: record.serialNumber,
    p: record.profile,
    n: record.deviceName,
    i: record.deviceId,
    ...(record.owner === "" ? {} : { o: record.owner }),
    nb: record.notBefore.getTime(),
    na: record.notAfter.getTime(),
    at: record.issuedAt.getTime(),
    k: record.keyAlgorithm,
    h: record.publicKeyHash,
    ...(record.requestId === "" ? {} : { q: record.requestId }),
    seq: sequence,
    ...(record.status === "valid" ? {} : { st: record.status, rat: record.revokedAt.getTime() }),
    ...(record.status === "revoked" ? { rr: record.reason } : {}),
  };
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, record.der]);
}

function padded(number: number): string {
  return String(number).padStart(16, "0");
}
