import { createHash } from "node:crypto";
import type { CrlFrame, CrlHeader } from "../../generated/latchkey/v1/publication_service.js";
import type { Departures } from "./departures.js";
import { Problem } from "./problem.js";

/** 256 MB: seven million revocations. What announces more is refused before it is taken in. */
const MAX_CRL_OCTETS = 256 * 1024 * 1024;

export interface FramedCrl {
  readonly der: Uint8Array;
  readonly departed: Departures;
}

/** Puts the frames of a stream together: a header, departures, then chunks that add up. */
export interface FrameAssembler {
  /** The CRL that this frame completes, if it does. Throws Problem (CRL_CORRUPT). */
  take(frame: CrlFrame | undefined): FramedCrl | undefined;
}

export function createFrameAssembler(): FrameAssembler {
  let header: CrlHeader | undefined;
  let departed = new Map<string, bigint>();
  let chunks: Uint8Array[] = [];
  let octets = 0;
  let skipped = false;

  function complete(announced: CrlHeader): FramedCrl {
    const der = Buffer.concat(chunks);
    chunks = [];
    header = undefined;
    if (createHash("sha256").update(der).digest("hex") !== announced.sha256)
      throw new Problem("CRL_CORRUPT", "Its SHA-256 differs from what was announced.");
    return { der, departed };
  }

  return {
    take(frame) {
      const content = frame?.frame;
      switch (content?.$case) {
        case "header":
          header = content.value;
          departed = new Map();
          chunks = [];
          octets = 0;
          skipped = Number(header.sizeOctets) > MAX_CRL_OCTETS || Number(header.sizeOctets) <= 0;
          if (skipped) throw new Problem("CRL_CORRUPT", `A CRL of ${header.sizeOctets} octets was announced.`);
          return undefined;
        case "departures":
          for (const { serialNumber, crlNumber } of content.value.departures) {
            if (!/^[0-9]{1,49}$/.test(crlNumber))
              throw new Problem("CRL_CORRUPT", "A serial number is said to have left it with no number.");
            departed.set(serialNumber.toLowerCase().replace(/^00(?=..)/, ""), BigInt(crlNumber));
          }
          return undefined;
        case "chunk":
          if (skipped) return undefined;
          if (header === undefined) throw new Problem("CRL_CORRUPT", "A piece came that belongs to no CRL.");
          octets += content.value.length;
          if (octets > Number(header.sizeOctets)) {
            skipped = true;
            throw new Problem("CRL_CORRUPT", "More octets came than were announced.");
          }
          chunks.push(content.value);
          return octets === Number(header.sizeOctets) ? complete(header) : undefined;
        default:
          return undefined;
      }
    },
  };
}
