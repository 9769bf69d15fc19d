import type { Request } from "express";
import type { AppParts } from "./parts.js";

type InvitedBy<Parameters = unknown> = (request: Request<Parameters>) => Promise<string | undefined> | string | undefined;

/** By what a request shows that it was invited: of each route, the thing that nobody has who was not given it. Undefined: by nothing. */
export function invitedBy({ window, downloads, uploadTickets }: AppParts): {
  readonly byPath: InvitedBy<{ token: string }>;
  readonly byBody: InvitedBy;
  readonly byDownload: InvitedBy<{ address: string }>;
  readonly byTicket: InvitedBy;
  /** The token that a request shows, whatever it is worth. */
  readonly tokenOfPath: (request: Request<{ token: string }>) => string | undefined;
  readonly tokenOfBody: (request: Request) => string | undefined;
} {
  const awaited = async (token: unknown) => (typeof token === "string" && (await window.isAwaited(token)) ? token : undefined);
  return {
    tokenOfPath: ({ params }) => params.token,
    tokenOfBody: ({ body }) => textOf(fieldOf(body, "token")),
    byPath: ({ params }) => awaited(params.token),
    byBody: ({ body }) => awaited(fieldOf(body, "token")),
    byDownload: ({ params }) => (downloads.get(params.address) === undefined ? undefined : params.address),
    byTicket: ({ body }) => {
      const ticket = fieldOf(body, "ticket");
      return typeof ticket === "string" && uploadTickets.isGiven(ticket) ? ticket : undefined;
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function fieldOf(body: unknown, name: string): unknown {
  return typeof body === "object" && body !== null && Object.hasOwn(body, name) ? (body as Record<string, unknown>)[name] : undefined;
}
