import { createHash } from "node:crypto";
import type { CrlDeparture, CrlFrame, CrlHeader } from "../../generated/latchkey/v1/publication_service.js";

/** 256 MB: seven million revocations. What announces more is refused before it is taken in. */
const MAX_CRL_OCTETS = 256 * 1024 * 1024;
/** More than a fleet releases, or sees expire, while a hook is away. */
const MAX_DEPARTURES = 1_000_000;

export interface FramedCrl {
  readonly header: CrlHeader;
  readonly der: Uint8Array;
  /** The serial numbers that left since the CRL that is known, each with the first CRL number without it. */
  readonly departed: ReadonlyMap<string, bigint>;
}

/** The frames do not add up to the CRL that they announced. */
export class FramesError extends Error {
  override readonly name = "FramesError";
  readonly code = "CRL_CORRUPT";
}

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
  readonly departed: Map<string, bigint>;
  /** How many departures were named, some more than once. */
  named: number;
  readonly chunks: Uint8Array[];
  octets: number;
}

export function createFrameAssembler(): FrameAssembler {
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
          arriving = begin(content.value);
          return undefined;
        case "departures":
          takeDepartures(arriving, content.value.departures);
          return undefined;
        case "chunk": {
          const whole = takeChunk(arriving, content.value);
          if (whole !== undefined) arriving = undefined;
          return whole;
        }
        default:
          return undefined;
      }
    },
  };
}

function begin(header: CrlHeader): Arriving {
  const size = Number(header.sizeOctets);
  if (size > MAX_CRL_OCTETS || size <= 0) throw corrupt(`A CRL of ${size} octets was announced.`);
  return { header, sizeOctets: size, departed: new Map(), named: 0, chunks: [], octets: 0 };
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
  if (chunk.length === 0) throw corrupt("A piece without an octet came.");
  arriving.octets += chunk.length;
  if (arriving.octets > arriving.sizeOctets) throw corrupt("More octets came than were announced.");
  arriving.chunks.push(chunk);
  if (arriving.octets < arriving.sizeOctets) return undefined;
  const der = Buffer.concat(arriving.chunks);
  if (createHash("sha256").update(der).digest("hex") !== arriving.header.sha256)
    throw corrupt("Its SHA-256 differs from what was announced.");
  return { header: arriving.header, der, departed: arriving.departed };
}

function corrupt(detail: string): FramesError {
  return new FramesError(detail);
}
