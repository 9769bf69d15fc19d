import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { EVENTS, type Log } from "../../log.js";
import type { Signer } from "../authority/signer.js";
import { type AuthorityId, PROFILE_IDS } from "../authority/types.js";
import type { CallObserver } from "../grpc/guard.js";
import type { CommitObserver, Store } from "../store/store.js";
import type { Context } from "../workflows/context.js";
import type { CrlPublisher } from "../workflows/crl-publisher.js";
import type { StatusWarning } from "../workflows/status.js";
import type { Subscribers } from "../workflows/subscribers.js";
import { observeCrls } from "./observed-crls.js";
import { observeStore } from "./observed-store.js";
import { observeSubscribers } from "./observed-subscribers.js";

/** What is read from the CA when somebody asks, all of it in memory. */
export interface Readings {
  readonly context: Context;
  warnings(): readonly StatusWarning[];
  /** When the certificate ends that operators see. */
  serverCertificateEnd(): Date;
}

/** The page that Prometheus reads. */
export interface Rendered {
  readonly contentType: string;
  readonly body: string;
}

/**
 * What the CA counts of itself. Its parts are wrapped and go on not knowing of it: each method answers the same part, observed. A label is one of
 * a list of our own, or the name of a hook's operator; never a device, a serial number or what a caller has sent.
 */
export interface Metrics {
  readonly commits: CommitObserver;
  readonly calls: CallObserver;
  log(log: Log): Log;
  store(store: Store): Store;
  signer(authority: AuthorityId, signer: Signer): Signer;
  crls(crls: CrlPublisher): CrlPublisher;
  subscribers(subscribers: Subscribers): Subscribers;
  /** An OCSP answer has been made, whatever it says. */
  ocspAnswered(status: string, seconds: number): void;
  /** Where the readings come from: to be called once, when there is a CA. */
  read(readings: Readings): void;
  /** In the format that the `Accept` header of the request asks for. */
  render(accept: string): Promise<Rendered>;
}

/** From half a millisecond (a signature) to what a person takes for an outage. */
const SECONDS = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** A hook needs a quarter of a second; one that was away, hours. */
const ENFORCEMENT_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600];
const TRANSACTIONS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter<Label>({ name: `latchkey_${name}`, help, labelNames: [...labelNames], registers });
  const histogram = <Label extends string>(name: string, help: string, labelNames: readonly Label[], buckets: number[]) =>
    new Histogram<Label>({ name: `latchkey_${name}`, help, labelNames: [...labelNames], buckets, registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[], collect?: (own: Gauge<Label>) => void) =>
    new Gauge<Label>({
      name: `latchkey_${name}`,
      help,
      labelNames: [...labelNames],
      registers,
      ...(collect === undefined
        ? {}
        : {
            collect() {
              this.reset();
              collect(this);
            },
          }),
    });

  const issued = counter("certificates_issued_total", "Certificates issued or renewed, and durable.", ["profile"]);
  const revoked = counter("certificates_revoked_total", "Certificates revoked.", ["authority"]);
  const held = counter("certificates_held_total", "Certificates held (suspended).", ["authority"]);
  const released = counter("certificates_released_total", "Certificates released from a hold.", ["authority"]);
  const refusals = counter("refusals_total", "Calls that were refused, by the reason of error_reason.proto.", ["reason"]);
  const events = counter("events_total", "What has happened since the start, by the log's names.", ["event"]);
  const crlsSigned = counter("crls_signed_total", "CRLs signed, stored and handed out.", ["authority"]);
  const commits = counter("store_commits_total", "Groups of transactions written and fsync'd.", []);
  const commitFailures = counter("store_commit_failures_total", "Groups that could not be written: the disk is full, or broken.", []);
  const commitSeconds = histogram("store_commit_duration_seconds", "Time to write and fsync a group.", [], SECONDS);
  const commitSize = histogram("store_commit_transactions", "Transactions in a group that was written.", [], TRANSACTIONS);
  const callSeconds = histogram("grpc_call_duration_seconds", "Time of a gRPC call that is no stream.", ["method"], SECONDS);
  const streams = gauge("grpc_streams", "gRPC streams that are open.", ["method"]);
  const signing = gauge("signatures_in_progress", "Signatures that are being made or wait for a thread.", ["authority"]);
  const signatureSeconds = histogram("signature_duration_seconds", "Time of a signature, from the wish on.", ["authority"], SECONDS);
  const crlWaiting = gauge("crl_publications_in_progress", "Changes that wait for the CRL that carries them.", ["authority"]);
  const crlSeconds = histogram(
    "crl_publication_duration_seconds",
    "Time from a change to the CRL that carries it, durable and handed out.",
    ["authority"],
    SECONDS,
  );
  const ocspSeconds = histogram("ocsp_response_duration_seconds", "Time to make an OCSP answer.", ["status"], SECONDS);
  const enforcementSeconds = histogram(
    "enforcement_duration_seconds",
    "Time from a CRL of the devices to a hook's word that its nginx enforces it.",
    [],
    ENFORCEMENT_SECONDS,
  );

  // A counter that begins when the first event comes hides that event from increase().
  for (const event of EVENTS) events.inc({ event }, 0);
  for (const profile of PROFILE_IDS) issued.inc({ profile }, 0);

  return {
    commits: {
      written(transactions, seconds) {
        commits.inc();
        commitSize.observe(transactions);
        commitSeconds.observe(seconds);
      },
      failed: () => commitFailures.inc(),
    },

    calls: {
      refused: (reason) => refusals.inc({ reason }),
      answered: (method, seconds) => callSeconds.observe({ method }, seconds),
      streamOpened: (method) => {
        streams.inc({ method });
        return () => streams.dec({ method });
      },
    },

    log: (log) => (event, fields) => {
      events.inc({ event });
      log(event, fields);
    },

    store: (store) =>
      observeStore(store, {
        issued: ({ profile }) => issued.inc({ profile }),
        changed: ({ authority, status }) => ({ revoked, held, valid: released })[status].inc({ authority }),
      }),

    signer: (authority, signer) => ({
      ...signer,
      async sign(octets) {
        signing.inc({ authority });
        const end = signatureSeconds.startTimer({ authority });
        try {
          return await signer.sign(octets);
        } finally {
          end();
          signing.dec({ authority });
        }
      },
    }),

    crls(crls) {
      crls.onPublished(({ authority }) => crlsSigned.inc({ authority }));
      return observeCrls(crls, {
        began: (authority) => crlWaiting.inc({ authority }),
        ended: (authority, seconds) => {
          crlWaiting.dec({ authority });
          crlSeconds.observe({ authority }, seconds);
        },
      });
    },

    subscribers(subscribers) {
      const observed = observeSubscribers(subscribers, (seconds) => enforcementSeconds.observe(seconds));
      gauge("subscriber_connected", "1 while a hook's stream is open.", ["subscriber"], (own) => {
        for (const { record, connected } of observed.list()) own.set({ subscriber: record.name }, Number(connected));
      });
      gauge("subscriber_lag_seconds", "How long a hook has not enforced the newest CRL; 0 when it does.", ["subscriber"], (own) => {
        for (const [subscriber, seconds] of observed.lags()) own.set({ subscriber }, seconds);
      });
      return observed;
    },

    ocspAnswered: (status, seconds) => ocspSeconds.observe({ status }, seconds),

    read({ context, warnings, serverCertificateEnd }) {
      const { crls, authorities, clock } = context;
      for (const authority of authorities.ids()) {
        for (const one of [revoked, held, released, crlsSigned]) one.inc({ authority }, 0);
        for (const one of [signing, crlWaiting]) one.inc({ authority }, 0);
      }
      const ofEach = (name: string, help: string, value: (authority: AuthorityId) => number | undefined) =>
        gauge(name, help, ["authority"], (own) => {
          for (const authority of authorities.ids()) {
            const reading = value(authority);
            if (reading !== undefined) own.set({ authority }, reading);
          }
        });
      ofEach("crl_number", "The number of the newest CRL.", (id) => {
        const number = crls.current(id)?.number;
        return number === undefined ? undefined : Number(number);
      });
      ofEach("crl_entries", "How many certificates it refuses.", (id) => crls.entryCount(id));
      ofEach("crl_size_bytes", "Its size as DER.", (id) => crls.current(id)?.der.length);
      ofEach("crl_this_update_timestamp_seconds", "When it was signed, less 5 minutes.", (id) => seconds(crls.current(id)?.thisUpdate));
      ofEach("crl_next_update_timestamp_seconds", "When it ends: from then on nginx refuses everybody.", (id) =>
        seconds(crls.current(id)?.nextUpdate),
      );
      ofEach("crl_owed", "1 while a change is recorded that no CRL carries.", (id) => Number(crls.isOwed(id)));
      ofEach("authority_not_after_timestamp_seconds", "When the authority's certificate ends.", (id) =>
        seconds(authorities.get(id).authority.notAfter),
      );
      gauge("server_certificate_not_after_timestamp_seconds", "When the certificate of the gRPC port ends.", [], (own) =>
        own.set(serverCertificateEnd().getTime() / 1_000),
      );
      gauge("clock_behind", "1 while the clock is behind what the store bears: nothing is signed.", [], (own) =>
        own.set(Number(clock.trouble() !== undefined)),
      );
      gauge("warning", "What needs attention on this host: a part of what `latchkey status` says.", ["code"], (own) => {
        for (const { code } of warnings()) own.set({ code }, 1);
      });
    },

    async render(accept) {
      const body = await registry.metrics();
      return /^\s*application\/openmetrics-text\b/.test(accept)
        ? { contentType: Registry.OPENMETRICS_CONTENT_TYPE, body: toOpenMetrics(body) }
        : { contentType: registry.contentType, body };
    },
  };
}

/** The same in OpenMetrics: a counter is named without `_total`, no line is empty. prom-client, asked for it, renames its counters for good. */
function toOpenMetrics(text: string): string {
  const named = text.replaceAll(/^# HELP (\S+)_total (.*)\n# TYPE \1_total counter$/gm, "# HELP $1 $2\n# TYPE $1 counter");
  return `${named.replaceAll(/\n{2,}/g, "\n")}# EOF\n`;
}

function seconds(time: Date | undefined): number | undefined {
  return time === undefined ? undefined : time.getTime() / 1_000;
}
