import { HEALTH, PROBLEM, PROBLEM_SCHEMA } from "./http/openapi-parts.js";

const pem = { "application/x-pem-file": { schema: { type: "string" } } };
const bundle = { schema: { type: "string", format: "binary" } };
const page = { "text/html": { schema: { type: "string" } } };

/** The service's own description (OpenAPI 3.1): a test holds it against the running service. */
export const OPENAPI = {
  openapi: "3.1.0",
  info: {
    title: "Latchkey enrolment",
    version: "1",
    description: "Turns an invitation into a client certificate, once. Answers on the local network alone.",
    license: { name: "Apache-2.0", identifier: "Apache-2.0" },
  },
  paths: {
    "/healthz": HEALTH,
    "/openapi.json": {
      get: {
        summary: "This description",
        responses: {
          200: { description: "OpenAPI 3.1", content: { "application/json": { schema: { type: "object" } } } },
          default: PROBLEM,
        },
      },
    },
    "/style.css": {
      get: {
        summary: "The page's stylesheet",
        responses: { 200: { description: "CSS", content: { "text/css": { schema: { type: "string" } } } }, default: PROBLEM },
      },
    },
    "/ca.crt": {
      get: {
        summary: "The root that devices trust, in DER",
        responses: { 200: { description: "A certificate", content: { "application/x-x509-ca-cert": bundle } }, default: PROBLEM },
      },
    },
    "/ca.pem": {
      get: {
        summary: "The root that devices trust, in PEM",
        responses: { 200: { description: "A certificate", content: pem }, default: PROBLEM },
      },
    },
    "/i/{token}": {
      parameters: [{ name: "token", in: "path", required: true, schema: { type: "string", pattern: "^[A-Za-z0-9_-]{22}$" } }],
      get: {
        summary: "The page of an invitation, or what it is for as JSON. Consumes nothing.",
        responses: {
          200: {
            description: "The invitation is open.",
            content: { ...page, "application/json": { schema: { $ref: "#/components/schemas/Invitation" } } },
          },
          default: { ...PROBLEM, content: { ...PROBLEM.content, ...page } },
        },
      },
      post: {
        summary: "The page's form",
        requestBody: {
          required: true,
          content: { "application/x-www-form-urlencoded": { schema: { type: "object", required: ["formToken"] } } },
        },
        responses: {
          303: { description: "The bundle waits at the address in `Location`." },
          default: { ...PROBLEM, content: { ...PROBLEM.content, ...page } },
        },
      },
    },
    "/leave": {
      get: {
        summary: "How to take the key off a device",
        responses: { 200: { description: "The page", content: page }, default: PROBLEM },
      },
    },
    "/d/{address}": {
      parameters: [
        { name: "address", in: "path", required: true, schema: { type: "string" } },
        { name: "file", in: "query", schema: { type: "string" }, description: "The bundle itself, not the page." },
      ],
      get: {
        summary: "A bundle that waits for ten minutes",
        responses: {
          200: {
            description: "The page, or the bundle",
            content: { ...page, ...pem, "application/x-pkcs12": bundle, "application/x-apple-aspen-config": bundle },
          },
          default: { ...PROBLEM, content: { ...PROBLEM.content, ...page } },
        },
      },
    },
    "/enroll.js": {
      get: {
        summary: "The page's script",
        responses: { 200: { description: "JavaScript", content: { "text/javascript": { schema: { type: "string" } } } }, default: PROBLEM },
      },
    },
    "/api/v1/downloads": {
      post: {
        summary: "Hand over a profile that the page has packed, to have it served by a navigation. A newer one replaces the one before.",
        requestBody: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/Upload" } } } },
        responses: {
          201: {
            description: "It waits until ten minutes after the enrolment.",
            content: {
              "application/json": { schema: { type: "object", required: ["path"], properties: { path: { type: "string" } } } },
            },
          },
          default: PROBLEM,
        },
      },
    },
    "/api/v1/enrollments": {
      post: {
        summary: "Enrol: a token becomes a bundle, once",
        requestBody: { required: true, content: { "application/json": { schema: { $ref: "#/components/schemas/EnrollmentRequest" } } } },
        responses: {
          201: {
            description: "The bundle; with `Accept: application/json`, as JSON.",
            headers: { "Latchkey-Serial-Number": { schema: { type: "string" } }, "Content-Disposition": { schema: { type: "string" } } },
            content: {
              ...pem,
              "application/x-pkcs12": bundle,
              "application/x-apple-aspen-config": bundle,
              "application/json": { schema: { $ref: "#/components/schemas/Enrollment" } },
            },
          },
          default: PROBLEM,
        },
      },
    },
  },
  components: {
    schemas: {
      EnrollmentRequest: {
        type: "object",
        required: ["token"],
        properties: {
          token: { type: "string" },
          format: {
            enum: ["pkcs12", "pkcs12-compatible", "mobileconfig", "pem"],
            description: "By default what the platform (User-Agent) wants. With `csr`: pem.",
          },
          requestId: {
            type: "string",
            pattern: "^[A-Za-z0-9-]{16,64}$",
            description:
              "A UUID of the asker's own. The same request again, whose answer was lost, then gets the same bundle: for ten minutes before there is one, and a minute after. (With `csr` the key itself says who asks.)",
          },
          csr: { type: "string", description: "A request of the device's own (PKCS#10): PEM, or DER in base64. Needs `proof`." },
          proof: {
            type: "string",
            description:
              "base64 of HMAC-SHA-256 over SHA-256(DER of the request's SubjectPublicKeyInfo), keyed by scrypt(passphrase with its hyphens, salt = the invitation's id, N = 16384, r = 8, p = 1, 32 octets).",
          },
        },
      },
      Enrollment: {
        type: "object",
        required: ["serialNumber", "deviceName", "deviceId", "format", "bundle", "certificateChain"],
        properties: {
          serialNumber: { type: "string" },
          deviceName: { type: "string" },
          deviceId: { type: "string" },
          format: { type: "string" },
          roots: { type: "array", items: { type: "string" }, description: "With `csr`: the roots that a profile brings along, PEM" },
          uploadTicket: {
            type: "string",
            description:
              "With `csr`: the right to have a profile kept, at /api/v1/downloads. A newer answer's replaces it; left out from ten minutes after the enrolment.",
          },
          bundle: { type: "string", contentEncoding: "base64" },
          certificateChain: { type: "string", description: "PEM: the device's certificate, then its CA" },
          checkUrl: {
            type: "string",
            format: "uri",
            description: "Where the device can try its certificate; left out while that port is closed",
          },
        },
      },
      Upload: {
        type: "object",
        required: ["ticket", "content"],
        properties: {
          ticket: { type: "string", description: "`uploadTicket` of the answer to an enrolment with an own request" },
          content: { type: "string", contentEncoding: "base64", description: "A `.mobileconfig`" },
        },
      },
      Invitation: {
        type: "object",
        required: ["invitation", "deviceName", "expireTime", "proof"],
        properties: {
          invitation: { type: "string" },
          deviceName: { type: "string" },
          expireTime: { type: "string", format: "date-time" },
          proof: {
            type: "object",
            properties: { algorithm: { type: "string" }, salt: { type: "string", description: "the invitation's id" } },
          },
        },
      },
      Problem: PROBLEM_SCHEMA,
    },
  },
} as const;
