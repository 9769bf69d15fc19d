import { createHash } from "node:crypto";
import type { ServiceError } from "@grpc/grpc-js";
import type { WatchCrlRequest, WatchCrlResponse } from "../../generated/latchkey/v1/publication_service.js";
import type { Connection } from "../connect/connect.js";
import { toCallError } from "../connect/connect.js";
import { ChangeError, createFrameAssembler, type FramedCrl, FramesError } from "../connect/crl-frames.js";
import { crlsOf, type HeldSet } from "./held-set.js";
import { Problem } from "./problem.js";

/** The CRL of `devices`, with those of the adopted CAs that came before it. */
export interface CrlSet extends FramedCrl {
  readonly adopted: readonly FramedCrl[];
}

/** How long the next piece of a CRL may take: at 256 KB a piece, 210 kbit/s. */
const PIECE_MILLIS = 10_000;
/** More than a CA adopts. */
const MOST_ADOPTED = 8;

/**
 * Subscribes to the devices CRL, and to those that it vouches for: what is held comes as a change, and where that does not make the CRL that it should,
 * all come whole from then on. Resolves when `signal` ends it. Rejects with CallError when the stream breaks, and with Problem
 * (CRL_CORRUPT) when what comes adds up to no CRL, or stands still within one: the stream is ended then, for a new one begins with a whole CRL.
 *
 * @param onUnfit is told of a change that did not do
 */
export async function watchCrl(
  connection: Connection,
  held: HeldSet | undefined,
  onCrl: (crl: CrlSet) => void,
  signal: AbortSignal,
  onUnfit: (error: ChangeError) => void = () => {},
): Promise<void> {
  const whole = { authority: "devices", knownCrlNumber: String(held?.crl.number ?? ""), takesChanges: false, heldSha256: [] };
  const known = new Map((held === undefined ? [] : crlsOf(held)).map(({ der }) => [sha256(der), der]));
  try {
    await subscribe(connection, { ...whole, takesChanges: true, heldSha256: [...known.keys()] }, known, onCrl, signal);
  } catch (error) {
    if (!(error instanceof ChangeError)) throw error;
    onUnfit(error);
    await subscribe(connection, whole, new Map(), onCrl, signal);
  }
}

function sha256(der: Uint8Array): string {
  return createHash("sha256").update(der).digest("hex");
}

/** @param held the CRLs that the first set may be a change to, by their SHA-256 */
function subscribe(
  connection: Connection,
  request: WatchCrlRequest,
  held: Map<string, Uint8Array>,
  onCrl: (crl: CrlSet) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const assembler = createFrameAssembler(held);
    const stream = connection.publication.watchCrl(request);
    const cancel = () => stream.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    let timer: NodeJS.Timeout | undefined;
    let failure: unknown;
    let adopted: FramedCrl[] = [];

    function refuse(error: unknown): void {
      failure = error;
      cancel();
    }
    function take({ frame }: WatchCrlResponse): void {
      // What was under way when the stream was ended still arrives.
      if (failure !== undefined) return;
      try {
        const crl = assembler.take(frame);
        if (crl !== undefined) put(crl);
      } catch (error) {
        const isFinal = error instanceof FramesError && !(error instanceof ChangeError && request.takesChanges);
        refuse(isFinal ? new Problem(error.code, error.message, undefined, { cause: error }) : error);
      }
    }
    function put(crl: FramedCrl): void {
      if (crl.header.authority.startsWith("adopted-")) {
        if (adopted.length === MOST_ADOPTED) throw new FramesError(`More than ${MOST_ADOPTED} CRLs of adopted CAs came.`);
        adopted.push(crl);
        return;
      }
      if (request.takesChanges) {
        held.clear();
        for (const { header, der } of [...adopted, crl]) held.set(header.sha256, der);
      }
      onCrl({ ...crl, adopted });
      adopted = [];
    }
    function expectMore({ frame }: WatchCrlResponse): void {
      // What this version does not know is no piece: it must not keep a CRL waiting for ever.
      if (frame?.frame === undefined) return;
      clearTimeout(timer);
      const { unfinished } = assembler;
      if (unfinished === undefined || failure !== undefined) return;
      const complain = () => refuse(new Problem("CRL_CORRUPT", `${unfinished} Then nothing for ${PIECE_MILLIS / 1_000} s.`));
      timer = setTimeout(complain, PIECE_MILLIS);
    }
    stream.on("data", (response: WatchCrlResponse) => {
      take(response);
      expectMore(response);
    });
    const finish = (error: ServiceError | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      if (failure !== undefined) reject(failure);
      else if (signal.aborted || error === undefined) resolve();
      else reject(toCallError(error));
    };
    stream.on("error", finish);
    stream.on("end", () => finish(undefined));
    if (signal.aborted) cancel();
  });
}
