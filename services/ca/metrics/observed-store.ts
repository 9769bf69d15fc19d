import type { CertificateRecord } from "../authority/types.js";
import type { AuditEntry, Store } from "../store/store.js";

export interface CertificateObserver {
  issued(certificate: CertificateRecord): void;
  /** Revoked, held or released. */
  changed(certificate: CertificateRecord): void;
}

/** What a restored CRL brings back was issued long ago. */
const ISSUES: ReadonlySet<AuditEntry["event"]> = new Set(["certificate.issued", "certificate.renewed"]);

/** The same store; tells what it has made durable, and nothing before. */
export function observeStore(store: Store, observer: CertificateObserver): Store {
  return {
    ...store,

    async insertCertificate(certificate, device, audit) {
      await store.insertCertificate(certificate, device, audit);
      if (ISSUES.has(audit.event)) observer.issued(certificate);
    },

    async updateCertificates(keys, update, audit) {
      let changed: readonly CertificateRecord[] = [];
      const records = await store.updateCertificates(keys, update, (those) => {
        changed = those;
        return audit(those);
      });
      for (const record of changed) observer.changed(record);
      return records;
    },

    async redeemInvitation(id, redeem, certificate, device, audit) {
      const redeemed = await store.redeemInvitation(id, redeem, certificate, device, audit);
      observer.issued(certificate);
      return redeemed;
    },
  };
}
