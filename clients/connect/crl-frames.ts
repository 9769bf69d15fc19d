import { createHash } from "node:crypto";
import type { CrlDeparture, CrlFrame, CrlHeader, CrlRange } from "../../generated/latchkey/v1/publication_service.js";

/** 256 MB: seven million revocations. What announces more is refused before it is taken in. */
const MAX_CRL_OCTETS = 256 * 1024 * 1024;
/** More than a fleet releases, or sees expire, while a hook is away. */
const MAX_DEPARTURES = 1_000_000;

export interface FramedCrl {
  readonly header: CrlHeader;
  readonly der: Uint8Array;
  /** The serial numbers that left since the CRL that is known, each with the first CRL number without it. */
  readonly departed: ReadonlyMap<string, bigint>;
  /** How many of its octets came; the others were held already. */
  readonly cameOctets: number;
}

/** The frames do not add up to the CRL that they announced. */
export class FramesError extends Error {
  override readonly name = "FramesError";
  readonly code = "CRL_CORRUPT";
}

/** The same, of what came as a change: the whole may be good. */
export class ChangeError extends FramesError {}

/** Puts the frames of GetCrl or WatchCrl together: a header, departures, then chunks that add up. After an error it is of no more use. */
export interface FrameAssembler {
  /** The CRL that this frame completes, if it does. Throws FramesError. */
  take(frame: CrlFrame | undefined): FramedCrl | undefined;
  /** How much has come of a CRL that is not whole yet, for a sentence. */
  readonly unfinished: string | undefined;
}

/** A CRL that has been announced, and what has come of it. */
interface Arriving {
  readonly header: CrlHeader;
  readonly sizeOctets: number;
  /** The CRL that it is a change to. */
  readonly base: Uint8Array | undefined;
  readonly departed: Map<string, bigint>;
  /** How many departures were named, some more than once. */
  named: number;
  readonly chunks: Uint8Array[];
  octets: number;
  cameOctets: number;
}

/** @param held the CRLs that another may be a change to, by the lower-case hex of their SHA-256 */
export function createFrameAssembler(held: ReadonlyMap<string, Uint8Array> = new Map()): FrameAssembler {
  let arriving: Arriving | undefined;
  const unfinished = () => arriving && `Only ${arriving.octets} of ${arriving.sizeOctets} octets came.`;

  return {
    get unfinished() {
      return unfinished();
    },

    take(frame) {
      const content = frame?.frame;
      switch (content?.$case) {
        case "header":
          if (arriving !== undefined) throw corrupt(`${unfinished()} Then another began.`);
          arriving = begin(content.value, held);
          return undefined;
        case "departures":
          takeDepartures(arriving, content.value.departures);
          return undefined;
        case "chunk":
        case "copied": {
          const whole = content.$case === "chunk" ? takeChunk(arriving, content.value) : takeCopied(arriving, content.value);
          if (whole !== undefined) arriving = undefined;
          return whole;
        }
        default:
          return undefined;
      }
    },
  };
}

function begin(header: CrlHeader, held: ReadonlyMap<string, Uint8Array>): Arriving {
  const size = Number(header.sizeOctets);
  if (size > MAX_CRL_OCTETS || size <= 0) throw corrupt(`A CRL of ${size} octets was announced.`);
  const base = held.get(header.fromSha256);
  if (header.fromSha256 !== "" && base === undefined) throw new ChangeError("A change came to a CRL that is not held.");
  return { header, sizeOctets: size, base, departed: new Map(), named: 0, chunks: [], octets: 0, cameOctets: 0 };
}

function takeDepartures(arriving: Arriving | undefined, departures: readonly CrlDeparture[]): void {
  if (arriving === undefined) throw corrupt("Serial numbers came that have left no CRL.");
  if (departures.length === 0) throw corrupt("Serial numbers were announced, and none came.");
  arriving.named += departures.length;
  if (arriving.named > MAX_DEPARTURES) throw corrupt(`More than ${MAX_DEPARTURES} serial numbers are said to have left it.`);
  for (const { serialNumber, crlNumber } of departures) {
    if (!/^[0-9]{1,49}$/.test(crlNumber)) throw corrupt("A serial number is said to have left it with no number.");
    arriving.departed.set(serialNumber.toLowerCase().replace(/^00(?=..)/, ""), BigInt(crlNumber));
  }
}

function takeChunk(arriving: Arriving | undefined, chunk: Uint8Array): FramedCrl | undefined {
  if (arriving === undefined) throw corrupt("A piece came that belongs to no CRL.");
  arriving.cameOctets += chunk.length;
  return takeOctets(arriving, chunk);
}

function takeCopied(arriving: Arriving | undefined, { offset, sizeOctets }: CrlRange): FramedCrl | undefined {
  if (arriving?.base === undefined) throw corrupt("Octets of a CRL were named, and not which CRL.");
  if (offset + sizeOctets > arriving.base.length) throw new ChangeError("Octets were named that the CRL held does not have.");
  return takeOctets(arriving, arriving.base.subarray(offset, offset + sizeOctets));
}

function takeOctets(arriving: Arriving, octets: Uint8Array): FramedCrl | undefined {
  const { header, departed, base, cameOctets } = arriving;
  const unfit = (detail: string) => (base === undefined ? corrupt(detail) : new ChangeError(detail));
  if (octets.length === 0) throw unfit("A piece without an octet came.");
  arriving.octets += octets.length;
  if (arriving.octets > arriving.sizeOctets) throw unfit("More octets came than were announced.");
  arriving.chunks.push(octets);
  if (arriving.octets < arriving.sizeOctets) return undefined;
  const der = Buffer.concat(arriving.chunks);
  if (createHash("sha256").update(der).digest("hex") !== header.sha256) throw unfit("Its SHA-256 differs from what was announced.");
  return { header, der, departed, cameOctets };
}

function corrupt(detail: string): FramesError {
  return new FramesError(detail);
}
