import { VERSION } from "../../../generated/build.js";
import type { AuditRecord as AuditMessage, OperationsServiceServer } from "../../../generated/latchkey/v1/operations_service.js";
import { encodePem } from "../authority/der/pem.js";
import type { AuditRecord } from "../store/store.js";
import { createBackup } from "../workflows/backup.js";
import { actorOf } from "../workflows/caller.js";
import type { Context } from "../workflows/context.js";
import type { AddDomain } from "../workflows/domains.js";
import { recordRefusals } from "../workflows/refusals.js";
import { readStatus, type StatusWarning } from "../workflows/status.js";
import type { Guard } from "./guard.js";
import { toSubscriber } from "./translate.js";

/** What only the composition knows. */
export interface Surroundings {
  enrollment(): string;
  /** Whom the enrolment service beside this CA lets in; empty when there is none. */
  enrollmentAdmits(): Promise<string>;
  warnings(): readonly StatusWarning[];
  /** Sends a test notice by every channel. */
  testNotices(): Promise<readonly { channel: string; receiver: string; delivered: boolean; answer: string }[]>;
  readonly keysFolder: string;
}

const AUDIT_PAGE = 500;
/** How often a follower of the audit log looks for more. */
const FOLLOW_MILLIS = 500;

export function createOperationsService(
  context: Context,
  guard: Guard,
  addDomain: AddDomain,
  surroundings: Surroundings,
): OperationsServiceServer {
  return {
    getStatus: guard.unary(async () => {
      const status = await readStatus(context, surroundings.warnings());
      return {
        version: VERSION,
        startTime: context.startedAt,
        authorities: status.authorities.map(({ id, notAfter, keyAlgorithm, crl, revokedCount }) => ({
          authority: id,
          notAfter,
          crlNumber: crl?.number.toString() ?? "",
          thisUpdate: crl?.thisUpdate,
          nextUpdate: crl?.nextUpdate,
          revokedCount: String(revokedCount),
          keyAlgorithm,
        })),
        subscribers: status.subscribers.map(toSubscriber),
        certificates: {
          issued: String(status.certificates.issued),
          revoked: String(status.certificates.revoked),
          held: String(status.certificates.held),
        },
        openInvitations: status.openInvitations,
        domains: [...status.domains],
        warnings: status.warnings.map(({ code, message }) => ({ code, message })),
        enrollment: surroundings.enrollment(),
        clock: context.clock.now(),
        enrollmentAdmits: await surroundings.enrollmentAdmits(),
      };
    }),

    watchAuditLog: guard.streaming(async ({ afterSequence, follow }, write, _caller, signal) => {
      let last = Number(afterSequence);
      while (!signal.aborted) {
        const records = await context.store.auditRecords(last, AUDIT_PAGE);
        for (const record of records) await write({ record: toAuditMessage(record) });
        last = records.at(-1)?.sequence ?? last;
        if (records.length === AUDIT_PAGE) continue;
        if (!follow) return;
        await new Promise((resolve) => setTimeout(resolve, FOLLOW_MILLIS));
      }
    }),

    backup: guard.streaming(async (_request, write, caller) => {
      for await (const chunk of createBackup(context, caller, surroundings.keysFolder)) await write({ chunk: Buffer.from(chunk) });
    }),

    addDomain: guard.unary(async ({ domain, recoveryPassphrase }, caller) => {
      const intermediate = await addDomain(domain, recoveryPassphrase, actorOf(caller));
      return { domains: [...context.authorities.domains()], intermediate: encodePem("CERTIFICATE", intermediate) };
    }),

    reportRefusals: guard.unary(async ({ refusals, startTime }, caller) => {
      const rows = refusals.map(({ reason, remoteAddress, count }) => ({ reason, remoteAddress, count: Number(count) }));
      await recordRefusals(context, caller, rows, startTime ?? new Date(Number.NaN));
      return {};
    }),

    testNotices: guard.unary(async (_request, caller) => {
      const outcomes = await surroundings.testNotices();
      const channels = (delivered: boolean) => outcomes.filter((one) => one.delivered === delivered).map(({ channel }) => channel);
      const fields = { delivered: channels(true), failed: channels(false) };
      await context.store.appendAudit({ time: context.clock.now(), event: "notice.tested", actor: actorOf(caller), fields });
      return { outcomes: outcomes.map((one) => ({ ...one })) };
    }),
  };
}

function toAuditMessage(record: AuditRecord): AuditMessage {
  return {
    sequence: String(record.sequence),
    time: record.time,
    event: record.event,
    actor: record.actor,
    fieldsJson: JSON.stringify(record.fields),
    previousHash: record.previousHash,
    hash: record.hash,
  };
}
