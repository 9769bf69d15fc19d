import { experimental, Server } from "@grpc/grpc-js";
import { CertificateServiceService } from "../../../generated/latchkey/v1/certificate_service.js";
import { InvitationServiceService } from "../../../generated/latchkey/v1/invitation_service.js";
import { OperationsServiceService } from "../../../generated/latchkey/v1/operations_service.js";
import { PublicationServiceService } from "../../../generated/latchkey/v1/publication_service.js";
import type { Context } from "../workflows/context.js";
import type { AddDomain } from "../workflows/domains.js";
import type { Redemptions } from "../workflows/redemption.js";
import { createCertificateService } from "./certificate-service.js";
import { type CallObserver, createGuard } from "./guard.js";
import { createInvitationService, type EnrollmentPlace } from "./invitation-service.js";
import { createLibraryServices } from "./library-services.js";
import { createOperationsService, type Surroundings } from "./operations-service.js";
import { createPublicationService } from "./publication-service.js";

/** A CRL that a subscriber offers is the largest thing that anybody sends. */
const LARGEST_MESSAGE_OCTETS = 8 * 1024 * 1024;

export interface Identity {
  /** PEM: the `operators` authority, which clients must come from. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Serves the gRPC API over mutual TLS. `identity` is asked at the start and by `renewIdentity`. */
export function createGrpcServer(
  context: Context,
  parts: {
    redemptions: Redemptions;
    addDomain: AddDomain;
    place: EnrollmentPlace;
    surroundings: Surroundings;
    identity: Identity;
    observer?: CallObserver | undefined;
  },
): { listen(address: string): Promise<number>; renewIdentity(identity: Identity): void; close(): Promise<void> } {
  const server = new Server({
    "grpc.max_receive_message_length": LARGEST_MESSAGE_OCTETS,
    "grpc.max_concurrent_streams": 1_000,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
  });
  const guard = createGuard(context.standing, context.log, parts.observer);
  server.addService(CertificateServiceService, createCertificateService(context, guard, parts.place));
  server.addService(InvitationServiceService, createInvitationService(context, guard, parts.redemptions, parts.place));
  server.addService(PublicationServiceService, createPublicationService(context, guard));
  server.addService(OperationsServiceService, createOperationsService(context, guard, parts.addDomain, parts.surroundings));

  const libraryServices = createLibraryServices();
  libraryServices.addToServer({
    addService: (definition, implementation) => server.addService(definition, guard.foreign(definition, implementation)),
  });

  const certificates = createIdentityProvider(parts.identity);
  const credentials = experimental.createCertificateProviderServerCredentials(certificates, certificates, true);
  return {
    listen: (address) =>
      new Promise((resolve, reject) =>
        server.bindAsync(address, credentials, (error, port) => (error === null ? resolve(port) : reject(error))),
      ),
    renewIdentity: certificates.replace,
    close: () =>
      new Promise((resolve) => {
        libraryServices.close();
        const force = setTimeout(() => server.forceShutdown(), 1_000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

type Listener<Update> = (update: Update | null) => void;

/**
 * Hands grpc-js the server's certificate, and a new one without a new listener. A listener is told after it was added:
 * while it is being added, grpc-js does not look yet.
 */
function createIdentityProvider(first: Identity) {
  let identity = first;
  const onCa = new Set<Listener<{ caCertificate: Buffer }>>();
  const onIdentity = new Set<Listener<{ certificate: Buffer; privateKey: Buffer }>>();
  const ca = () => ({ caCertificate: Buffer.from(identity.ca) });
  const own = () => ({ certificate: Buffer.from(identity.certificate), privateKey: Buffer.from(identity.key) });
  return {
    addCaCertificateListener(listener: Listener<{ caCertificate: Buffer }>) {
      onCa.add(listener);
      queueMicrotask(() => listener(ca()));
    },
    removeCaCertificateListener: (listener: Listener<{ caCertificate: Buffer }>) => void onCa.delete(listener),
    addIdentityCertificateListener(listener: Listener<{ certificate: Buffer; privateKey: Buffer }>) {
      onIdentity.add(listener);
      queueMicrotask(() => listener(own()));
    },
    removeIdentityCertificateListener: (listener: Listener<{ certificate: Buffer; privateKey: Buffer }>) =>
      void onIdentity.delete(listener),
    replace(next: Identity) {
      identity = next;
      for (const listener of onCa) listener(ca());
      for (const listener of onIdentity) listener(own());
    },
  };
}
