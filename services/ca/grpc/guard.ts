import type {
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  sendUnaryData,
  UntypedHandleCall,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";

import type { Log } from "../../log.js";
import { type ErrorCode, LatchkeyError } from "../authority/error.js";
import { readRole } from "../authority/role.js";
import { parseSerialNumber } from "../authority/serial-number.js";
import type { Der, OperatorRole } from "../authority/types.js";
import type { Caller } from "../workflows/caller.js";
import type { Standing } from "../workflows/standing.js";
import { createAnswers } from "./answers.js";
import { toGrpcError } from "./error.js";
import { mayCall } from "./roles.js";
import { createWriter, readRequests } from "./stream.js";

/** More operators than any house has at work at a time. */
const MOST_ROLES_KEPT = 256;

/** Fires when the caller has gone, the deadline has passed, or the caller loses its standing. Made when it is asked for: most calls are answered before. */
export interface Ending {
  readonly signal: AbortSignal;
}

/** A unary method of ours: a promise of the response, or a throw. */
export type Unary<Request, Response> = (request: Request, caller: Caller, ending: Ending) => Promise<Response>;
/** A streaming method of ours: it writes until it returns. `write` waits while the caller is slow. */
export type Streaming<Request, Response> = (
  request: Request,
  write: (response: Response) => Promise<void>,
  caller: Caller,
  signal: AbortSignal,
) => Promise<void>;
/** A method that reads a stream and answers in a stream. */
export type Bidirectional<Request, Response> = (
  requests: AsyncIterable<Request>,
  write: (response: Response) => Promise<void>,
  caller: Caller,
  signal: AbortSignal,
) => Promise<void>;

/** What every kind of call has. */
interface Call {
  readonly cancelled: boolean;
  getAuthContext(): ReturnType<ServerUnaryCall<unknown, unknown>["getAuthContext"]>;
  getPath(): string;
  getPeer(): string;
  on(event: string, listener: () => void): unknown;
}

/** Wraps methods so that each call is authorised, by the certificate of its connection, before any of our code sees it. */
export interface Guard {
  unary<Request, Response>(
    method: Unary<Request, Response>,
  ): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void;
  streaming<Request, Response>(method: Streaming<Request, Response>): (call: ServerWritableStream<Request, Response>) => void;
  bidirectional<Request, Response>(method: Bidirectional<Request, Response>): (call: ServerDuplexStream<Request, Response>) => void;
  /** The same for a service that a library brings (health, reflection). */
  foreign(definition: ServiceDefinition, implementation: UntypedServiceImplementation): UntypedServiceImplementation;
}

/** Is told of calls, by methods that there are (`/latchkey.v1.CertificateService/IssueCertificate`). */
export interface CallObserver {
  refused(reason: ErrorCode): void;
  /** A call that is no stream has ended, well or not. */
  answered(method: string, seconds: number): void;
  /** The result is called when the stream ends. */
  streamOpened(method: string): () => void;
}

export function createGuard(standing: Standing, log: Log, observer?: CallObserver): Guard {
  const answers = createAnswers();
  const roleOf = rememberRoles();

  /** Throws unless the role in the certificate's DER is the role on record, stands, and may call the method. */
  async function authorise(call: Call): Promise<Caller> {
    const certificate = call.getAuthContext().sslPeerCertificate;
    if (certificate?.raw === undefined) throw new LatchkeyError("UNAUTHENTICATED", "This call needs an operator's certificate.");
    const role = roleOf(certificate.raw);
    const caller = await standing.check(parseSerialNumber(certificate.serialNumber.toLowerCase()));
    if (role === undefined || role !== caller.role) {
      throw new LatchkeyError("UNAUTHENTICATED", "The certificate's role is not the one that this CA has on record.");
    }
    if (!mayCall(role, call.getPath())) {
      throw new LatchkeyError("ROLE_NOT_ALLOWED", `An operator of the role ${role} may not call ${call.getPath()}.`);
    }
    return { ...caller, connection: call.getPeer() };
  }

  /** Runs the method for an authorised caller; its signal fires when the call is canceled or the caller loses its standing. */
  async function run(call: Call, method: (caller: Caller, ending: Ending) => Promise<void>): Promise<void> {
    const caller = await authorise(call).catch((error: unknown) => {
      log("operator.refused", { method: call.getPath(), reason: error instanceof LatchkeyError ? error.code : "INTERNAL" });
      throw error;
    });
    const ending = createEnding();
    const stopListening = standing.onLost(caller.serialNumber, () =>
      ending.end("OPERATOR_REVOKED", "This operator's certificate has just been revoked."),
    );
    call.on("cancelled", () => ending.end("DEADLINE_EXCEEDED", "The caller has gone, or its deadline has passed."));
    try {
      if (call.cancelled) return;
      await method(caller, ending);
    } finally {
      stopListening();
      ending.settle();
    }
  }

  function refusal(error: unknown, call: Call): ReturnType<typeof toGrpcError> {
    observer?.refused(error instanceof LatchkeyError ? error.code : "INTERNAL");
    return toGrpcError(error, log, call.getPath());
  }

  /** Runs a method that answers by a stream. */
  function runStream(call: Call & NodeJS.EventEmitter, method: (caller: Caller, ending: Ending) => Promise<void>): void {
    const closed = observer?.streamOpened(call.getPath());
    run(call, method)
      .catch((error: unknown) => call.emit("error", refusal(error, call)))
      .finally(closed);
  }

  return {
    unary: (method) => (call, callback) => {
      const start = performance.now();
      run(call, async (caller, ending) => {
        const work = () => method(call.request, caller, ending);
        callback(null, await answers.once(caller, call.getPath(), call.request, work));
      })
        .catch((error: unknown) => callback(refusal(error, call)))
        .finally(() => observer?.answered(call.getPath(), (performance.now() - start) / 1_000));
    },

    streaming: (method) => (call) => {
      runStream(call, async (caller, { signal }) => {
        await untilAborted(signal, method(call.request, createWriter(call, signal), caller, signal));
        call.end();
      });
    },

    bidirectional: (method) => (call) => {
      runStream(call, async (caller, { signal }) => {
        await untilAborted(signal, method(readRequests(call), createWriter(call, signal), caller, signal));
        call.end();
      });
    },

    foreign: (definition, implementation) => {
      const guarded: UntypedServiceImplementation = {};
      for (const [name, { requestStream, responseStream }] of Object.entries(definition)) {
        const key = Object.hasOwn(implementation, name) ? name : name[0]?.toLowerCase() + name.slice(1);
        const original = implementation[key] as unknown as (call: Call, callback?: sendUnaryData<unknown>) => void;
        const refuse = (call: Call, callback: sendUnaryData<unknown> | undefined, error: unknown) => {
          const answer = refusal(error, call);
          if (callback !== undefined) callback(answer);
          else (call as unknown as NodeJS.EventEmitter).emit("error", answer);
        };
        const isStream = requestStream || responseStream;
        guarded[key] = ((call: Call, callback?: sendUnaryData<unknown>) => {
          run(call, async (_, ending) => {
            original.call(implementation, call, callback);
            if (!isStream) return;
            // grpc-js cancels every call at its end.
            const over = new Promise<void>((resolve) => call.on("cancelled", resolve));
            await untilAborted(ending.signal, over).catch((error: unknown) => {
              if (!call.cancelled) throw error;
            });
          }).catch((error: unknown) => refuse(call, callback, error));
        }) as UntypedHandleCall;
      }
      return guarded;
    },
  };
}

/** A certificate says the same role on every call: that is read once for each of those that call now. Whether it stands is asked anew each time. */
function rememberRoles(): (certificate: Buffer) => OperatorRole | undefined {
  const roles = new Map<string, OperatorRole | undefined>();
  return (certificate) => {
    const octets = certificate.toString("latin1");
    if (!roles.has(octets)) {
      if (roles.size === MOST_ROLES_KEPT) roles.clear();
      roles.set(octets, readRole(certificate as Uint8Array as Der));
    }
    return roles.get(octets);
  };
}

/** What ends a call before it is answered: its signal, and an error only for whom it still concerns (grpc-js cancels every call, answered or not). */
function createEnding(): Ending & { end(code: ErrorCode, message: string): void; settle(): void } {
  let controller: AbortController | undefined;
  let ended: { readonly code: ErrorCode; readonly message: string } | undefined;
  let isSettled = false;
  const abort = () => {
    if (ended !== undefined) controller?.abort(new LatchkeyError(ended.code, ended.message));
  };
  return {
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        abort();
      }
      return controller.signal;
    },
    end(code, message) {
      if (isSettled || ended !== undefined) return;
      ended = { code, message };
      abort();
    },
    settle() {
      isSettled = true;
    },
  };
}

/** Settles as the work does, or rejects with the signal's reason as soon as it fires. */
function untilAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    work.then(resolve, reject);
  });
}
