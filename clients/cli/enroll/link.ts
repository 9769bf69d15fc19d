import { CommandError } from "../error.js";
import { type Place, placeOf } from "./ask-service.js";

/** An invitation's link, taken apart. */
export interface InvitationLink extends Place {
  readonly token: string;
}

const PATH = /^\/i\/([A-Za-z0-9_-]{22})$/;

/** Reads a link as `latchkey invite` prints it. Throws USAGE, without the link: its token is a secret. */
export function parseLink(text: string): InvitationLink {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const [, token] = PATH.exec(url?.pathname ?? "") ?? [];
  if (url === undefined || url.protocol !== "https:" || url.username !== "" || token === undefined) {
    throw new CommandError(
      "USAGE",
      "This is no link of an invitation: write it as `latchkey invite` prints it, https://HOST:8443/i/… with all 22 characters of its end.",
    );
  }
  return { ...placeOf(url), token };
}
