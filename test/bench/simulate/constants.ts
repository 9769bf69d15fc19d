import { type Line, lineThrough } from "./line.js";
import type { Results } from "./results.js";

/** What the model knows of the programs. */
export interface Constants {
  /** IssueCertificate, as many as go in a second. */
  readonly issuesPerSecond: number;
  readonly batchIssuesPerSecond: number;
  /** A lone one. */
  readonly issueMillis: { readonly p50: number; readonly p99: number };
  /** Phones that come at once, with keys of their own: the enrolment page, the CA behind it and the phones share the machine. */
  readonly enrolmentsPerSecond: number;
  /** A phone that comes alone. */
  readonly enrolmentMillis: number;
  /** To record one of many revocations, apart from the CRL: what an issue in a batch takes, less its cryptography. */
  readonly recordMillis: number;
  /** By entries on the CRL: from RevokeCertificate to the CRL that carries it, signed, stored and handed out. */
  readonly signedMillis: Line;
  /** By entries: from RevokeCertificate until nginx is proved to refuse the device. */
  readonly enforcedMillis: Line;
  /** By entries: from nothing until the CA serves. */
  readonly startMillis: Line;
  /** By entries: the memory of the CA process, of its own. */
  readonly megabytes: Line;
  /** Of the store, for each certificate. */
  readonly diskOctets: number;
  /** Answers of one process, which has one thread for them. nginx asks without a nonce. */
  readonly ocspPerSecond: number;
  readonly ocspWithNoncePerSecond: number;
}

/** The store of the rows of `start with`: a tenth of its certificates is revoked, and that is what a start reads. */
const REVOKED_SHARE = 0.1;
const SMALL_STORE = 1_000;
const MANY_AT_ONCE = 100;

/** Takes them from the bench's output. Throws UnusableResults for a row that is missing. */
export function constantsFrom(results: Results): Constants {
  const entriesOf = (pattern: string) =>
    lineThrough(results.series(pattern).map(({ at, name }) => ({ x: at, y: results.value(name, "ms") })));
  const bare = "start with 100,000";
  const small = { x: SMALL_STORE * REVOKED_SHARE, y: results.limit(bare, "ms") };
  const starts = results.series("start with #").map(({ at, name }) => ({ x: at * REVOKED_SHARE, y: results.value(name, "ms") }));
  const own = results.limit("memory after a start with 100,000, of its own", "MB");
  const grown = results
    .series("revoke, # on the CRL, memory for it")
    .map(({ at, name }) => ({ x: at, y: own + results.value(name, "MB") }));
  const batchIssuesPerSecond = results.value("issue, P-256, a batch of 128 in flight", "/s");
  return {
    issuesPerSecond: results.value("issue, P-256, 32 in flight", "/s"),
    batchIssuesPerSecond,
    issueMillis: { p50: results.value("one issue at a time, p50", "ms"), p99: results.value("one issue at a time, p99", "ms") },
    enrolmentsPerSecond: (1_000 * MANY_AT_ONCE) / results.value(`enrolment, the slowest of ${MANY_AT_ONCE} at once, own keys`, "ms"),
    enrolmentMillis: results.value("enrolment of a phone, own keys", "ms"),
    recordMillis: 1_000 / batchIssuesPerSecond - 1_000 / results.limit("issue, P-256, a batch of 128 in flight", "/s"),
    signedMillis: entriesOf("revoke, # on the CRL"),
    enforcedMillis: entriesOf("nginx, revoked until refused, # on the CRL"),
    startMillis: lineThrough([small, ...starts]),
    megabytes: lineThrough([{ x: 0, y: own }, ...grown]),
    diskOctets: results.value("disk for a certificate", "octets"),
    ocspPerSecond: results.value("OCSP without a nonce, 16 in flight", "/s"),
    ocspWithNoncePerSecond: results.value("OCSP with a nonce, 16 in flight", "/s"),
  };
}

/** What the bench does not measure. Each says where it comes from. */
export const STATED = {
  crlEntryOctets: {
    value: 35,
    source: "RFC 5280 §5.1.2.6 in DER: a serial number of 16 octets and a UTCTime; a reason is 14 more, and is left out unless it is given",
  },
  crlFrameOctets: { value: 240, source: "what is not entries in a CRL of P-256: issuer, dates, two extensions, signature" },
  changeOctets: {
    value: 600,
    source: "a revocation as `WatchCrl` sends it to who holds the CRL before (CHANGELOG; `crl-changes.test.ts` holds it below 1,000)",
  },
  nginxEntryOctets: {
    value: 475,
    source:
      "of a worker of nginx 1.22.1 (OpenSSL 3.0): its memory after a reload with 100,000 entries, less that with 10; most of it is shared with the master, and while old workers end it is there twice",
  },
  backedUpPerSecond: {
    value: 17_000,
    source:
      "certificates: `latchkey backup` of a store of 100,000 (a tenth of them revoked) took 6.0 s, p50 of 6, on the machine of benchmarks.md on 2026-11-27, and wrote 204 MB",
  },
} as const;
