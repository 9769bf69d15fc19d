import type { Readable } from "node:stream";

/** What every kind of call that answers in a stream has. */
interface Answers<Response> {
  write(response: Response): boolean;
  once(event: string, listener: () => void): unknown;
}

/**
 * The requests of a call that answers in a stream, too. Not the call itself in a `for await`: when the last request is read,
 * that would destroy the call, with the answers that are still to come.
 */
export function readRequests<Request>(call: Readable): AsyncIterable<Request> {
  return { [Symbol.asyncIterator]: () => call.iterator({ destroyOnReturn: false }) };
}

/** Writes answers, and waits while the caller is slow. Many may write at a time: they wait together. Throws the signal's reason. */
export function createWriter<Response>(call: Answers<Response>, signal: AbortSignal): (response: Response) => Promise<void> {
  let drained: Promise<void> | undefined;
  return async (response) => {
    signal.throwIfAborted();
    if (call.write(response)) return;
    drained ??= untilDrained(call, signal).finally(() => {
      drained = undefined;
    });
    await drained;
  };
}

function untilDrained(call: Answers<never>, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    call.once("drain", () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}
