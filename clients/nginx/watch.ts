import type { ServiceError } from "@grpc/grpc-js";
import type { WatchCrlResponse } from "../../generated/latchkey/v1/publication_service.js";
import type { Connection } from "../connect/connect.js";
import { toCallError } from "../connect/connect.js";
import { createFrameAssembler, type FramedCrl } from "./frames.js";
import { Problem } from "./problem.js";

export interface WatchListener {
  onCrl(crl: FramedCrl): void;
  onProblem(problem: Problem): void;
}

/** Subscribes to the devices CRL. Resolves never, rejects with CallError when the stream ends; `signal` ends it and resolves. */
export function watchCrl(connection: Connection, known: bigint | undefined, listener: WatchListener, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const assembler = createFrameAssembler();
    const stream = connection.publication.watchCrl({ authority: "devices", knownCrlNumber: known === undefined ? "" : String(known) });
    const cancel = () => stream.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    stream.on("data", ({ frame }: WatchCrlResponse) => {
      try {
        const crl = assembler.take(frame);
        if (crl !== undefined) listener.onCrl(crl);
      } catch (error) {
        if (error instanceof Problem) listener.onProblem(error);
        else stream.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    const finish = (error: ServiceError | undefined) => {
      signal.removeEventListener("abort", cancel);
      if (signal.aborted || error === undefined) resolve();
      else reject(toCallError(error));
    };
    stream.on("error", finish);
    stream.on("end", () => finish(undefined));
    if (signal.aborted) cancel();
  });
}
