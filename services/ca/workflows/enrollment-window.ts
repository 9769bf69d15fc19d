import { stateAt } from "../authority/invitation.js";
import type { Context } from "./context.js";
import type { Redemptions } from "./redemption.js";

/** Somebody may come to the enrolment service with this token. */
export interface Awaited {
  readonly tokenHash: string;
  readonly remainingMillis: number;
}

/** The open invitations, and those whose bundle may still be fetched. Cheap: the enrolment service asks up to twenty times a second. */
export async function readEnrollmentWindow(context: Context, redemptions: Pick<Redemptions, "lately">): Promise<Awaited[]> {
  const at = context.clock.now();
  const open = (await context.store.openInvitations()).filter((record) => stateAt(record, at) === "open");
  return [...open.map(({ tokenHash, expiresAt }) => ({ tokenHash, until: expiresAt })), ...redemptions.lately()].map(
    ({ tokenHash, until }) => ({ tokenHash, remainingMillis: until.getTime() - at.getTime() }),
  );
}

/** Whom the enrolment service lets in, as `latchkey status` tells it. */
export async function enrollmentAdmits(context: Context, redemptions: Pick<Redemptions, "lately">): Promise<string> {
  switch (context.settings.enrollment.open) {
    case "always":
      return "everybody";
    case "never":
      return "nobody";
    case "invitations":
      return (await readEnrollmentWindow(context, redemptions)).length > 0 ? "invited" : "nobody_invited";
  }
}
