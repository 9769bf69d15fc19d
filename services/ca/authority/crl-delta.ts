import type { CrlNumber, Der, SerialNumber } from "./types.js";

const DAY_MILLIS = 86_400_000;
/** The base of a delta is one to two days old: who fetches once a day never needs the whole. */
const PERIODS = 2;
/** With more, the base moves up to the present CRL: a delta is to be small. */
const MOST_CHANGES = 10_000;

interface Period {
  readonly base: CrlNumber;
  readonly from: Date;
  readonly changes: Map<SerialNumber, Der>;
}

/** Entries of a delta CRL by serial number: as they stand now, or with `removeFromCRL`. */
export type CrlChanges = ReadonlyMap<SerialNumber, Der>;

/** What has joined or left an authority's CRL since one of a day or two before: what its delta CRL says (RFC 5280 §5.2.4). In memory: after a start the base is the CRL found there. */
export class CrlDelta {
  #noted = new Map<SerialNumber, Der>();
  readonly #periods: Period[] = [];

  /** The number of the CRL that it begins with; undefined before the first. */
  get base(): CrlNumber | undefined {
    return this.#periods[0]?.base;
  }

  /** As of the newest CRL. */
  entries(): Der[] {
    return [...new Map(this.#periods.flatMap(({ changes }) => [...changes])).values()];
  }

  /** Takes in what the next CRL will say of a serial number. */
  note(serialNumber: SerialNumber, entry: Der): void {
    // So many that the base moves up whatever they say: a million revoked at once are not to be held a second time.
    if (this.#noted.size > MOST_CHANGES) return;
    this.#noted.set(serialNumber, entry);
  }

  /** What the CRL that is signed now carries; to be given to `signed` or `putBack`. */
  take(): CrlChanges {
    const taken = this.#noted;
    this.#noted = new Map();
    return taken;
  }

  /** That CRL could not be stored: the next one carries it, but for what was noted since. */
  putBack(taken: CrlChanges): void {
    this.#noted = new Map([...taken, ...this.#noted]);
  }

  /** The CRL of this number is the newest now. */
  signed(number: CrlNumber, thisUpdate: Date, taken: CrlChanges): void {
    const period = this.#periods.at(-1);
    for (const [serialNumber, entry] of taken) period?.changes.set(serialNumber, entry);
    const size = this.#periods.reduce((sum, { changes }) => sum + changes.size, 0);
    if (size > MOST_CHANGES) this.#periods.length = 0;
    else if (period !== undefined && thisUpdate.getTime() - period.from.getTime() < DAY_MILLIS) return;
    this.#periods.push({ base: number, from: thisUpdate, changes: new Map() });
    if (this.#periods.length > PERIODS) this.#periods.shift();
  }
}
