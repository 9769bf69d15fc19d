import type { Arrangement } from "./arrangement.js";
import { type Constants, STATED } from "./constants.js";
import { type Demand, demandOf } from "./demand.js";
import { FULL_SHARE } from "./limits.js";

/** What a fleet comes to in an arrangement: of each CA, where there are several. */
export interface Figures {
  readonly demand: Demand;
  readonly cas: number;
  readonly enrolmentServices: number;
  readonly replicas: number;
  /** Of one, at the busiest time (after an exchange of the CA), as a part of what it can. */
  readonly enrolmentShare: number;
  readonly issueShare: number;
  readonly ocspShare: number;
  readonly partitions: number;
  /** Of what is fetched: the CRL, or the largest partition. */
  readonly crlOctets: number;
  readonly signedMillis: number;
  /** From a lone revocation until no new connection is let in. */
  readonly enforcedMillis: number;
  /** How often a day a revocation cuts all connections that are open at a door. */
  readonly cutsPerDay: number;
  readonly startMillis: number;
  readonly megabytes: number;
  readonly storeOctets: number;
  readonly backupMillis: number;
  /** Of a worker, for the CRL alone. */
  readonly nginxOctets: number;
  /** Of CRLs to each hook in a day: what has changed, and what it would be if each were sent whole. */
  readonly changeOctetsPerDay: number;
  readonly wholeOctetsPerDay: number;
  /** Beyond what the bench has measured. */
  readonly isReckoned: boolean;
}

const DAY_MILLIS = 86_400_000;

export function figuresOf(devices: number, arrangement: Arrangement, constants: Constants): Figures {
  const { assumed, doorsAsk, partitionOctets, asManyAsNeeded, devicesPerCa } = arrangement;
  const demand = demandOf(Math.min(devices, devicesPerCa), assumed);
  const { entries, revocationsPerDay } = demand;
  const asksOcsp = doorsAsk === "ocsp";
  const wholeOctets = STATED.crlFrameOctets.value + entries * STATED.crlEntryOctets.value;
  const partitions = Math.max(1, Math.ceil(wholeOctets / partitionOctets));
  const signedMillis = constants.signedMillis.at(entries / partitions);
  // Each hook and each OCSP responder has the whole list, in how many parts ever.
  const enforcedMillis = asksOcsp ? signedMillis : constants.enforcedMillis.at(entries);
  const crlsPerDay = Math.max(1, groupsPerDay(revocationsPerDay, signedMillis));
  const needed = (load: number, each: number) => Math.max(1, Math.ceil(load / (each * FULL_SHARE)));
  const asked = asksOcsp ? demand.handshakesPerSecond : 0;
  const replicas = asManyAsNeeded.ca
    ? Math.max(needed(demand.issuesAfterExchange, constants.issuesPerSecond), needed(asked, constants.ocspPerSecond))
    : 1;
  const enrolmentServices = asManyAsNeeded.enrolment ? needed(demand.issuesAfterExchange, constants.enrolmentsPerSecond) : 1;
  return {
    demand,
    cas: Math.max(1, Math.ceil(devices / devicesPerCa)),
    enrolmentServices,
    replicas,
    enrolmentShare: demand.issuesAfterExchange / (enrolmentServices * constants.enrolmentsPerSecond),
    issueShare: demand.issuesAfterExchange / (replicas * constants.issuesPerSecond),
    ocspShare: asked / (replicas * constants.ocspPerSecond),
    partitions,
    crlOctets: wholeOctets / partitions,
    signedMillis,
    enforcedMillis,
    cutsPerDay: asksOcsp ? 0 : groupsPerDay(revocationsPerDay, enforcedMillis),
    nginxOctets: asksOcsp ? 0 : entries * STATED.nginxEntryOctets.value,
    startMillis: constants.startMillis.at(entries),
    megabytes: constants.megabytes.at(entries),
    storeOctets: demand.certificates * constants.diskOctets,
    backupMillis: (1_000 * demand.certificates) / STATED.backedUpPerSecond.value,
    changeOctetsPerDay: crlsPerDay * STATED.changeOctets.value + revocationsPerDay * STATED.crlEntryOctets.value,
    wholeOctetsPerDay: crlsPerDay * wholeOctets,
    isReckoned: entries > constants.enforcedMillis.measuredTo,
  };
}

/**
 * How often a day something is done that takes so long and serves all who came before it began, when so many come a day, at random. Those who
 * come meanwhile go together into the next: it goes on at once with the probability that there is somebody.
 */
export function groupsPerDay(arrivalsPerDay: number, millis: number): number {
  if (arrivalsPerDay === 0) return 0;
  const arrivalsPerMilli = arrivalsPerDay / DAY_MILLIS;
  const nobodyMeanwhile = Math.exp(-arrivalsPerMilli * millis);
  return DAY_MILLIS / (nobodyMeanwhile / arrivalsPerMilli + millis);
}
