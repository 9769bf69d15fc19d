import { stateAt } from "../authority/invitation.js";
import type { Context } from "./context.js";
import type { Redemptions } from "./redemption.js";

/** Somebody may come to the enrolment service with this token. */
export interface Awaited {
  readonly tokenHash: string;
  readonly remainingMillis: number;
  /** Not awaited: who holds the token may learn how it has ended. */
  readonly ended: boolean;
}

/** So long, and so many of the newest: a link that is older is not known any more to a door that is closed. */
const ENDED_MILLIS = 24 * 3600_000;
const ENDED_MOST = 50;

/** The open invitations, those whose bundle may still be fetched, and which have ended lately. Cheap: the enrolment service asks up to twenty times a second. */
export async function readEnrollmentWindow(context: Context, redemptions: Pick<Redemptions, "lately">): Promise<Awaited[]> {
  const at = context.clock.now();
  const open = (await context.store.openInvitations()).filter((record) => stateAt(record, at) === "open");
  const awaited = [...open.map(({ tokenHash, expiresAt }) => ({ tokenHash, until: expiresAt })), ...(await redemptions.lately())];
  const { items } = await context.store.listInvitations({ size: ENDED_MOST, token: "" });
  const ended = items
    .filter((record) => stateAt(record, at) !== "open" && at.getTime() - record.createdAt.getTime() < ENDED_MILLIS)
    .filter(({ tokenHash }) => !awaited.some((one) => one.tokenHash === tokenHash));
  return [
    ...awaited.map(({ tokenHash, until }) => ({ tokenHash, remainingMillis: until.getTime() - at.getTime(), ended: false })),
    ...ended.map(({ tokenHash }) => ({ tokenHash, remainingMillis: 0, ended: true })),
  ];
}

/** Whom the enrolment service lets in, as `latchkey status` tells it. */
export async function enrollmentAdmits(context: Context, redemptions: Pick<Redemptions, "lately">): Promise<string> {
  switch (context.settings.enrollment.open) {
    case "always":
      return "everybody";
    case "never":
      return "nobody";
    case "invitations":
      return (await readEnrollmentWindow(context, redemptions)).some(({ ended }) => !ended) ? "invited" : "nobody_invited";
  }
}
