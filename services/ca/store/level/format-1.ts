import { decodeCertificate, type StoredCertificate } from "./certificate-value.js";
import { places } from "./filing.js";
import { nameOf } from "./find-certificate.js";
import type { Database } from "./group-commit.js";
import { after, join, type Key, key, padded, under } from "./key.js";

const BATCH = 200;

/**
 * Moves every certificate from the lists of format 1 to those of format 2, some at a time: each batch is written whole, with the
 * mark of how far it went, and the mark goes when all are moved.
 */
export async function leaveFormat1(database: Database): Promise<void> {
  const all = under("certificate");
  for (;;) {
    const done = database.getSync(key.migrating);
    const gte = done === undefined || done.length === 0 ? all.gte : after(done);
    const entries = await database.iterator({ gte, lt: all.lt, limit: BATCH }).all();
    const last = entries.at(-1);
    if (last === undefined) break;
    const moves = entries.flatMap(([, value]) => moved(decodeCertificate(value)));
    await database.batch([...moves, { type: "put", key: key.migrating, value: last[0] }], { sync: true });
  }
  await database.del(key.migrating, { sync: true });
}

type Operation = { type: "put"; key: Key; value: Uint8Array } | { type: "del"; key: Key };

function moved(certificate: StoredCertificate): Operation[] {
  const name = nameOf(certificate.record);
  return [
    ...places(certificate, certificate.record.status).map((place): Operation => ({ type: "put", key: place, value: name })),
    ...formerPlaces(certificate).map((place): Operation => ({ type: "del", key: place })),
  ];
}

/** Where format 1 named a certificate, and format 2 does not. */
function formerPlaces({ record, sequence }: StoredCertificate): Key[] {
  const { authority, serialNumber, notAfter, status } = record;
  const standing = [join("by-status", status, padded(sequence)), join("revoked", authority, serialNumber)];
  return [
    join("by-sequence", padded(sequence)),
    join("by-authority", authority, padded(sequence)),
    join("by-expiry", padded(notAfter.getTime()), padded(sequence)),
    ...(status === "valid" ? [] : standing),
  ];
}
