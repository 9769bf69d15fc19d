import { HEALTH, PROBLEM, PROBLEM_SCHEMA } from "../http/openapi-parts.js";

/** The devices' port, described (OpenAPI 3.1): a test holds it against the running service. */
export const DEVICES_OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "Latchkey devices",
    version: "1",
    description: "For devices that come with their certificate, in TLS: how it stands, and how they get the next one.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  paths: {
    "/healthz": HEALTH,
    "/": {
      get: {
        summary: "How the certificate stands that was shown: as a page, or in JSON",
        responses: {
          200: {
            description: "It is valid.",
            content: {
              "text/html": { schema: { type: "string" } },
              "application/json": { schema: { $ref: "#/components/schemas/Standing" } },
            },
          },
          403: { description: "None was shown, or it opens nothing (any more)." },
          default: PROBLEM,
        },
      },
    },
    "/api/v1/renewals": {
      post: {
        summary: "A new certificate for a new key, in the name of the certificate that was shown",
        requestBody: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/Renewal" } } } },
        responses: {
          201: {
            description: "The same wish, sent again, gets the same answer.",
            content: { "application/json": { schema: { $ref: "#/components/schemas/Renewed" } } },
          },
          default: PROBLEM,
        },
      },
    },
  },
  components: {
    schemas: {
      Standing: {
        type: "object",
        required: ["status"],
        properties: {
          status: { enum: ["valid", "held", "revoked", "expired", "nobody"] },
          deviceName: { type: "string" },
          notAfter: { type: "string", format: "date-time" },
        },
      },
      Renewal: {
        type: "object",
        required: ["csr", "signature"],
        properties: {
          csr: { type: "string", description: "PKCS#10 for the new key: PEM, or DER in base64." },
          signature: {
            type: "string",
            description:
              "Base64. By the old key, over `latchkey renewal v1`, NUL, the old serial number (lower-case hex), NUL, `keep` (or `revoke`, with revokeOld), NUL, the new SubjectPublicKeyInfo in DER. ECDSA (DER) or RSA (PKCS#1 v1.5) with SHA-256, or Ed25519.",
          },
          revokeOld: { type: "boolean", description: "Revoke the old certificate (superseded) at once. Otherwise it ends by itself." },
        },
      },
      Renewed: {
        type: "object",
        required: ["serialNumber", "deviceName", "notAfter", "certificateChain"],
        properties: {
          serialNumber: { type: "string", pattern: "^([0-9a-f]{2}){1,20}$" },
          deviceName: { type: "string" },
          notAfter: { type: "string", format: "date-time" },
          certificateChain: { type: "string", description: "PEM: the certificate, then its CA." },
        },
      },
      Problem: PROBLEM_SCHEMA,
    },
  },
} as const;
