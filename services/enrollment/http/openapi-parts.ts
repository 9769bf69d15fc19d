/** What the descriptions of both ports say in the same words (OpenAPI 3.1). */

export const PROBLEM_SCHEMA = {
  type: "object",
  required: ["type", "title", "status", "detail", "code"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string" },
  },
} as const;

/** A response; the schema stands among the document's own. */
export const PROBLEM = {
  description: "Refused (RFC 9457), with a stable `code`.",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
} as const;

export const HEALTH = {
  get: {
    summary: "Is the service up?",
    responses: { 200: { description: "It is.", content: { "text/plain": { schema: { type: "string" } } } }, default: PROBLEM },
  },
} as const;
