import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { serialNumberFrom } from "../../services/ca/authority/serial-number.js";
import type { CertificateRecord, Der } from "../../services/ca/authority/types.js";
import type { AuditEntry, Store } from "../../services/ca/store/store.js";
import type { EventName } from "../../services/log.js";

/** What the contract needs of an engine. */
export interface Engine {
  readonly name: string;
  open(folder: string): Promise<Store>;
  /** How many records and entries of lists it has read so far. */
  reads(): number;
}

/** Runs the work on a store in a folder of its own; `reopen` closes it and opens it again. */
export type Promised = (name: string, work: (store: Store, reopen: () => Promise<Store>) => Promise<void>) => void;

export function promisesOf({ name: engine, open }: Engine): Promised {
  return (name, work) => {
    test(`${engine}: ${name}`, async () => {
      const folder = await mkdtemp(join(tmpdir(), "latchkey-store-"));
      let store = await open(join(folder, "store"));
      try {
        await work(store, async () => {
          await store.close();
          store = await open(join(folder, "store"));
          return store;
        });
      } finally {
        await store.close();
        await rm(folder, { recursive: true, force: true });
      }
    });
  };
}

export const NOW = new Date("2026-11-01T12:00:00.123Z");
const DAY_MILLIS = 86_400_000;

export const later = (days: number) => new Date(NOW.getTime() + days * DAY_MILLIS);

export const entry = (event: EventName = "certificate.issued"): AuditEntry => ({
  time: NOW,
  event,
  actor: "system",
  fields: { b: "2", a: 1 },
});

export function certificate(overrides: Partial<CertificateRecord> = {}): CertificateRecord {
  return {
    authority: "devices",
    serialNumber: serialNumberFrom(randomBytes(16)),
    profile: "device",
    deviceName: "a phone",
    deviceId: randomUUID(),
    owner: "",
    operatorRole: "",
    serverNames: [],
    notBefore: NOW,
    notAfter: later(825),
    issuedAt: NOW,
    keyAlgorithm: "EC P-256",
    publicKeyHash: randomBytes(32).toString("hex"),
    requestId: "",
    der: new Uint8Array(randomBytes(500)) as Der,
    status: "valid",
    ...overrides,
  } as CertificateRecord;
}
