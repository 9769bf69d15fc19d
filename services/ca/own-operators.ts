import { hostOf } from "../address.js";
import type { Opened } from "./open.js";
import type { Context } from "./workflows/context.js";
import { ensureEnrollmentCertificate, ensureProfileSigner, retireProfileSigner } from "./workflows/enrollment-certificate.js";
import { ensureLocalAdmin } from "./workflows/local-admin.js";
import { type EnrollmentPlace, enrollmentPlace } from "./workflows/names.js";
import { ensureCredential } from "./workflows/own-credentials.js";

/** The credentials that the CA makes for itself and for what runs beside it: new when there are none, renewed as they age. */
export function createOwnOperators(context: Context, folders: Opened["folders"]) {
  const { settings } = context;
  const host = hostOf(settings.grpc.listen);
  const serverNames = [...new Set(["localhost", "127.0.0.1", "::1", host])].filter((name) => name !== "0.0.0.0" && name !== "::");
  const server = { name: "server", role: "server", serverNames } as const;
  const admin = { name: "admin", role: "admin", serverNames: [] } as const;
  const enrollment = { name: "enrollment", role: "enrollment", serverNames: [] } as const;
  return {
    operators: [admin, enrollment, server],
    server: () => ensureCredential(context, folders.server, server, settings.grpc.listen),
    admin: (address: string) => ensureLocalAdmin(context, folders.operator, admin, address),
    /** Follows this host's addresses, too. */
    async enrollment(address: string) {
      const { names } = placeOf(context);
      const credential = await ensureCredential(context, folders.enrollment, { ...enrollment, serverNames: names }, address);
      const { tls, signProfiles } = settings.enrollment;
      if (tls === undefined) await ensureEnrollmentCertificate(context, enrollment.name, credential);
      // A certificate of the user's own signs, too.
      const maintain = signProfiles && tls === undefined ? ensureProfileSigner : retireProfileSigner;
      await maintain(context, enrollment.name, credential);
    },
  };
}

/** Where phones find the enrolment service, as this host's addresses are now. */
export function placeOf({ settings, authorities }: Context): EnrollmentPlace {
  return enrollmentPlace(settings, authorities.get("servers").authority.permittedNames ?? { dns: [], addresses: [] });
}
