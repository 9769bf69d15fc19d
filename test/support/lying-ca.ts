import { createHash } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import {
  type Client,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { connect } from "../../clients/connect/connect.js";
import { type Credential, readCredential } from "../../clients/connect/credential.js";
import { CertificateServiceService } from "../../generated/latchkey/v1/certificate_service.js";
import {
  type CrlFrame,
  type CrlHeader,
  type GetTrustBundleResponse,
  PublicationServiceService,
  WatchCrlRequest,
  type WatchCrlResponse,
} from "../../generated/latchkey/v1/publication_service.js";
import type { TestAuthority } from "./authority.js";

const CHUNK_OCTETS = 256 * 1024;

/** A CRL as the CA has sent it. */
export interface TrueCrl {
  readonly header: CrlHeader;
  readonly der: Buffer;
}

/** The frames that the hook gets in the place of a CRL. What has no end is a stream without end. */
export type Lie = (truth: TrueCrl) => Iterable<CrlFrame> | Promise<Iterable<CrlFrame>>;

/**
 * Who has stolen the key of the CA's gRPC server, or a CA that is broken: between a hook and the real CA. It passes every call on
 * with the hook's own credential, and each CRL as the lie of the hour has it.
 */
export interface LyingCa {
  /** `host:port`: for the hook's credential. */
  readonly address: string;
  /** From the CA's next CRL on, and for the present one when the hook subscribes anew. */
  lie(lie: Lie): void;
  /** The devices CA that the hook is told to trust, PEM, whenever it connects. */
  lieAboutTrust(devicesCa: string): void;
  tellTheTruth(): void;
  /** Ends the open subscriptions: the hook connects anew. */
  hangUp(): void;
  close(): Promise<void>;
}

type Method = MethodDefinition<unknown, unknown>;

export async function startLyingCa(authority: TestAuthority, hook: Credential): Promise<LyingCa> {
  const stolen = await readCredential(join(authority.data, "server"));
  const toCa = connect({ ...hook, address: authority.ca.grpc });
  const upstream: Client = toCa.publication;
  const subscriptions = new Set<ServerWritableStream<unknown, WatchCrlResponse>>();
  let lie: Lie | undefined;
  let trusted: string | undefined;

  const server = new Server();
  server.addService(CertificateServiceService, passOn(upstream, CertificateServiceService));
  server.addService(PublicationServiceService, {
    ...passOn(upstream, PublicationServiceService),
    getTrustBundle: (call: ServerUnaryCall<unknown, GetTrustBundleResponse>, callback: sendUnaryData<GetTrustBundleResponse>) =>
      passUnary<GetTrustBundleResponse>(upstream, PublicationServiceService.getTrustBundle, call, (error, truth) => {
        const anchors = truth?.anchors.map((anchor) =>
          anchor.authority === "devices" && trusted !== undefined ? { ...anchor, certificate: trusted } : anchor,
        );
        callback(error, anchors && { anchors });
      }),
    watchCrl: (call: ServerWritableStream<unknown, WatchCrlResponse>) => {
      subscriptions.add(call);
      follow(upstream, call, () => lie).finally(() => subscriptions.delete(call));
    },
  });
  const identity = { private_key: Buffer.from(stolen.key), cert_chain: Buffer.from(stolen.certificate) };
  const credentials = ServerCredentials.createSsl(Buffer.from(stolen.ca), [identity], true);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error === null ? resolve(bound) : reject(error))),
  );
  return {
    address: `127.0.0.1:${port}`,
    lie: (next) => {
      lie = next;
    },
    lieAboutTrust: (devicesCa) => {
      trusted = devicesCa;
    },
    tellTheTruth: () => {
      lie = undefined;
      trusted = undefined;
    },
    hangUp: () => {
      for (const call of subscriptions) call.end();
    },
    close: async () => {
      server.forceShutdown();
      toCa.close();
    },
  };
}

/** A header that fits these octets (but for what is to misfit), and the octets in chunks. */
export function framesOf(header: CrlHeader, der: Uint8Array, misfit: Partial<CrlHeader> = {}): CrlFrame[] {
  const sha256 = createHash("sha256").update(der).digest("hex");
  return [headerFrame({ ...header, sizeOctets: String(der.length), sha256, ...misfit }), ...chunkFrames(der)];
}

export function headerFrame(value: CrlHeader): CrlFrame {
  return { frame: { $case: "header", value } };
}

export function chunkFrames(der: Uint8Array): CrlFrame[] {
  const frames: CrlFrame[] = [];
  for (let at = 0; at < der.length; at += CHUNK_OCTETS) {
    frames.push({ frame: { $case: "chunk", value: Buffer.from(der.subarray(at, at + CHUNK_OCTETS)) } });
  }
  return frames;
}

/** One subscription: each CRL is collected whole, then sent as it came, or lied about. */
async function follow(upstream: Client, call: ServerWritableStream<unknown, WatchCrlResponse>, lie: () => Lie | undefined): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = PublicationServiceService.watchCrl as Method;
  // Whole CRLs, whatever the hook takes: a lie is about a whole one.
  const request = WatchCrlRequest.create({ ...(call.request as WatchCrlRequest), takesChanges: false });
  const truths = upstream.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), {});
  const gone = new AbortController();
  call.once("cancelled", () => gone.abort());
  call.once("finish", () => gone.abort());
  gone.signal.addEventListener("abort", () => truths.cancel());
  let frames: CrlFrame[] = [];
  try {
    for await (const { frame } of truths as AsyncIterable<WatchCrlResponse>) {
      if (frame === undefined) continue;
      frames.push(frame);
      const truth = wholeCrl(frames);
      if (truth === undefined) continue;
      await send(call, (await lie()?.(truth)) ?? frames, gone.signal);
      frames = [];
    }
    call.end();
  } catch (error) {
    if (!gone.signal.aborted) call.emit("error", error);
  }
}

function wholeCrl(frames: readonly CrlFrame[]): TrueCrl | undefined {
  const [first, ...rest] = frames.map(({ frame }) => frame);
  if (first?.$case !== "header") return undefined;
  const der = Buffer.concat(rest.map((part) => (part?.$case === "chunk" ? part.value : Buffer.alloc(0))));
  return der.length === Number(first.value.sizeOctets) ? { header: first.value, der } : undefined;
}

async function send(call: ServerWritableStream<unknown, WatchCrlResponse>, frames: Iterable<CrlFrame>, signal: AbortSignal): Promise<void> {
  for (const frame of frames) {
    signal.throwIfAborted();
    if (!call.write({ frame })) await once(call, "drain", { signal });
  }
}

function passOn(upstream: Client, methods: Readonly<Record<string, unknown>>): UntypedServiceImplementation {
  const implementation: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries(methods as Record<string, Method>)) {
    // A hook opens no other stream than WatchCrl, and a server answers UNIMPLEMENTED to what it does not have.
    if (method.requestStream || method.responseStream) continue;
    implementation[name] = (call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) =>
      passUnary(upstream, method, call, callback);
  }
  return implementation;
}

function passUnary<Response>(
  upstream: Client,
  method: unknown,
  call: ServerUnaryCall<unknown, Response>,
  callback: sendUnaryData<Response>,
): void {
  const { path, requestSerialize, responseDeserialize } = method as MethodDefinition<unknown, Response>;
  // With its details in the trailers, a refusal of the CA arrives as one of the CA.
  upstream.makeUnaryRequest(path, requestSerialize, responseDeserialize, call.request, new Metadata(), {}, (error, response) =>
    callback(error, response),
  );
}
