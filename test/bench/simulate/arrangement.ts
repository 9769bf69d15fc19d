import { ASSUMPTIONS, type Assumptions } from "./assumptions.js";

/** A way to run Latchkey. */
export interface Arrangement {
  readonly name: string;
  readonly assumed: Assumptions;
  /** How a door learns of revocations: by the hook and the CRL, or by asking OCSP at each handshake. */
  readonly doorsAsk: "hook" | "ocsp";
  /** No partition of the CRL is larger; Infinity: it is one, as it is built. */
  readonly partitionOctets: number;
  /** Processes that are there as often as the load wants: enrolment services run apart, replicas of the CA do not exist yet. */
  readonly asManyAsNeeded: { readonly enrolment: boolean; readonly ca: boolean };
  /** With more, there is another CA, with doors of its own. */
  readonly devicesPerCa: number;
}

export const AS_IT_COMES: Arrangement = {
  name: "as it comes",
  assumed: ASSUMPTIONS,
  doorsAsk: "hook",
  partitionOctets: Number.POSITIVE_INFINITY,
  asManyAsNeeded: { enrolment: false, ca: false },
  devicesPerCa: Number.POSITIVE_INFINITY,
};

const SHORT_DAYS = 30;
const PARTITION_OCTETS = 1_000_000;
const DEVICES_PER_CA = 100_000;

const partitions: Arrangement = {
  ...AS_IT_COMES,
  name: "CRL in partitions of 1 MB at most (not built)",
  partitionOctets: PARTITION_OCTETS,
};
const shortLived: Arrangement = {
  ...AS_IT_COMES,
  name: `certificates of ${SHORT_DAYS} days`,
  assumed: { ...ASSUMPTIONS, lifetimeDays: SHORT_DAYS },
};
const ocsp: Arrangement = { ...AS_IT_COMES, name: "doors ask OCSP, one responder", doorsAsk: "ocsp" };
const enrolment: Arrangement = {
  ...AS_IT_COMES,
  name: "as many enrolment services as needed",
  asManyAsNeeded: { enrolment: true, ca: false },
};
const replicas: Arrangement = {
  ...AS_IT_COMES,
  name: "as many replicas of the CA as needed (not built)",
  asManyAsNeeded: { enrolment: true, ca: true },
};
const together: Arrangement = {
  ...replicas,
  name: "replicas and partitions (not built) with OCSP",
  doorsAsk: "ocsp",
  partitionOctets: PARTITION_OCTETS,
};
const ofTheirOwn: Arrangement = { ...AS_IT_COMES, name: "a CA with doors of its own for each 100,000", devicesPerCa: DEVICES_PER_CA };

/** In the order in which they are worth trying: what costs least comes first. */
export const REMEDIES: readonly Arrangement[] = [enrolment, partitions, shortLived, ocsp, ofTheirOwn, replicas, together];
