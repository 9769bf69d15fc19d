import { readFileSync } from "node:fs";
import type { Server, ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";

type Call = ServerDuplexStream<Buffer, Buffer>;
type Library = Readonly<Record<string, { readonly definition: ServiceDefinition; readonly implementation: UntypedServiceImplementation }>>;

const VERSIONS = ["v1", "v1alpha"] as const;
const nameOf = (version: string) => `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;

/**
 * gRPC server reflection (https://github.com/grpc/grpc/blob/master/doc/server-reflection.md), for whoever explores the API by grpcurl. Its library is loaded
 * with the first call: it takes apart all that the API has, which would be a sixth of every start.
 */
export function addReflection(server: Pick<Server, "addService">): void {
  const asIs = (octets: Buffer) => octets;
  let library: Promise<Library> | undefined;
  for (const version of VERSIONS) {
    const method = {
      path: nameOf(version),
      requestStream: true,
      responseStream: true,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    };
    const answer = async (call: Call) => {
      library ??= load();
      const { definition, implementation } = (await library)[nameOf(version)] ?? {};
      const own = definition?.ServerReflectionInfo;
      const handle = implementation?.ServerReflectionInfo as ((call: object) => void) | undefined;
      if (own === undefined || handle === undefined) throw new Error(`@grpc/reflection has no ${version}`);
      // Nothing has been read until somebody listens.
      handle({
        on: (event: string, listener: (message?: unknown) => void) =>
          call.on(event, event === "data" ? (octets: Buffer) => listener(own.requestDeserialize(octets)) : () => listener()),
        write: (message: unknown) => call.write(own.responseSerialize(message)),
        end: () => call.end(),
      });
    };
    server.addService(
      { ServerReflectionInfo: method },
      { ServerReflectionInfo: (call: Call) => void answer(call).catch((error: unknown) => call.emit("error", error)) },
    );
  }
}

async function load(): Promise<Library> {
  const [{ ReflectionService }, { loadFileDescriptorSetFromBuffer }] = await Promise.all([
    import("@grpc/reflection"),
    import("@grpc/proto-loader"),
  ]);
  const descriptors = loadFileDescriptorSetFromBuffer(readFileSync(new URL("../../../generated/latchkey.binpb", import.meta.url)));
  const library: Record<string, Library[string]> = {};
  new ReflectionService(descriptors).addToServer({
    addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation) {
      for (const { path } of Object.values(definition)) library[path] = { definition, implementation };
    },
  });
  return library;
}
