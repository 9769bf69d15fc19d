import { readFileSync } from "node:fs";
import type { Server, ServerDuplexStream, ServiceDefinition, sendUnaryData, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { HealthImplementation } from "grpc-health-check";

type Call = ServerDuplexStream<Buffer, Buffer> & { readonly request?: Buffer };
type Service = { readonly definition: ServiceDefinition; readonly implementation: UntypedServiceImplementation };
type Handler = (call: object, callback?: sendUnaryData<unknown>) => void;
type Shape = Readonly<{ requestStream: boolean; responseStream: boolean }>;

const UNARY: Shape = { requestStream: false, responseStream: false };
const WATCH: Shape = { requestStream: false, responseStream: true };
const CHAT: Shape = { requestStream: true, responseStream: true };

/** What is asked seldom, if ever: its libraries, which take whole APIs apart as they are loaded, would be a fifth of every start. */
export interface LibraryServices {
  addToServer(server: Pick<Server, "addService">): void;
  /** From now on, who asks is told that nothing is served. */
  close(): void;
}

/**
 * The standard services, by their libraries, loaded with the first call: health (https://github.com/grpc/grpc/blob/master/doc/health-checking.md), for
 * engines, and server reflection (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md), for whoever explores the API by grpcurl.
 */
export function createLibraryServices(): LibraryServices {
  let isClosed = false;
  let health: HealthImplementation | undefined;
  const reflection = once(loadReflection);
  return {
    addToServer(server) {
      const checks = once(async () => {
        const { HealthImplementation } = await import("grpc-health-check");
        health = new HealthImplementation({ "": isClosed ? "NOT_SERVING" : "SERVING", "latchkey.v1.CertificateService": "SERVING" });
        return addedBy((place) => health?.addToServer(place));
      });
      addLate(server, "grpc.health.v1.Health", { Check: UNARY, List: UNARY, Watch: WATCH }, checks);
      for (const version of ["v1", "v1alpha"])
        addLate(server, `grpc.reflection.${version}.ServerReflection`, { ServerReflectionInfo: CHAT }, reflection);
    },
    close() {
      isClosed = true;
      health?.setStatus("", "NOT_SERVING");
    },
  };
}

async function loadReflection(): Promise<readonly Service[]> {
  const [{ ReflectionService }, { loadFileDescriptorSetFromBuffer }] = await Promise.all([
    import("@grpc/reflection"),
    import("@grpc/proto-loader"),
  ]);
  const descriptors = loadFileDescriptorSetFromBuffer(readFileSync(new URL("../../../generated/latchkey.binpb", import.meta.url)));
  return addedBy((place) => new ReflectionService(descriptors).addToServer(place));
}

/** What a library would add to a server. */
function addedBy(add: (place: Server) => void): readonly Service[] {
  const services: Service[] = [];
  const place: Pick<Server, "addService"> = { addService: (definition, implementation) => services.push({ definition, implementation }) };
  add(place as Server);
  return services;
}

/** Adds a service's methods, of whose messages nothing is known until the library is there: they are octets until then. */
function addLate(
  server: Pick<Server, "addService">,
  name: string,
  shapes: Readonly<Record<string, Shape>>,
  load: () => Promise<readonly Service[]>,
): void {
  const asIs = (octets: Buffer) => octets;
  const codec = { requestSerialize: asIs, requestDeserialize: asIs, responseSerialize: asIs, responseDeserialize: asIs };
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [method, shape] of Object.entries(shapes)) {
    const path = `/${name}/${method}`;
    definition[method] = { path, ...shape, ...codec };
    implementation[method] = ((call: Call, callback?: sendUnaryData<Buffer>) => {
      const fail = (error: Error) => (callback === undefined ? call.emit("error", error) : callback(error));
      load()
        .then((services) => {
          if (!call.cancelled) pass(services, path, shape, call, callback);
        })
        .catch(fail);
    }) as UntypedServiceImplementation[string];
  }
  server.addService(definition, implementation);
}

function pass(services: readonly Service[], path: string, { requestStream }: Shape, call: Call, callback?: sendUnaryData<Buffer>): void {
  for (const { definition, implementation } of services) {
    for (const [name, own] of Object.entries(definition)) {
      if (own.path !== path) continue;
      const handle = (implementation[name] ?? implementation[own.originalName ?? name]) as unknown as Handler;
      const read = (octets: unknown) => own.requestDeserialize(octets as Buffer);
      const seen = {
        request: requestStream ? undefined : read(call.request),
        // Nothing has been read until somebody listens.
        on: (event: string, listener: (message?: unknown) => void) =>
          call.on(event, event === "data" ? (octets: Buffer) => listener(read(octets)) : () => listener()),
        write: (message: unknown) => call.write(own.responseSerialize(message)),
        end: () => call.end(),
      };
      handle.call(implementation, seen, callback && ((error, message) => callback(error, message ? own.responseSerialize(message) : null)));
      return;
    }
  }
  throw new Error(`no library serves ${path}`);
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
