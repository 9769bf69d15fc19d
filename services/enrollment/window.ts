import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Connection, call } from "../../clients/connect/connect.js";
import { GetEnrollmentWindowRequest } from "../../generated/latchkey/v1/invitation_service.js";
import { Refusal } from "./problem.js";

/** The setting `enrollment.open`: whom the port answers. */
export type OpenWhen = "invitations" | "always" | "never";

/** Somebody may come with a token of this hash, for so long. */
export interface Awaited {
  readonly tokenHash: string;
  readonly remainingMillis: number;
  /** Nobody is awaited with it any more; but who holds it may learn how it has ended. */
  readonly ended: boolean;
}

/** Closed unless needed: with no open invitation, and none whose bundle may still be fetched, the service answers nobody. */
export interface EnrollmentWindow {
  /**
   * Throws ENROLLMENT_CLOSED, and CallError when it would have to ask the CA and can't. Who shows the token of an invitation that has ended lately
   * comes through: the CA says how it has ended.
   */
  refuseWhenClosed(token?: string): Promise<void>;
  /** Is this the token of an invitation that is awaited? False when the CA can't be asked. */
  isAwaited(token: string): Promise<boolean>;
}

export interface WindowOptions {
  readonly open: OpenWhen;
  /** Asks the CA who is awaited. */
  ask(): Promise<readonly Awaited[]>;
  /** Are there bundles here that may still be fetched? */
  isHolding(): boolean;
  readonly now?: () => number;
}

/** So long it goes on being open without asking again. */
const OPEN_MILLIS = 1_000;
/** Between two questions: whatever strangers send, the CA is asked no oftener. */
const APART_MILLIS = 50;

export function createWindow({ open, ask, isHolding, now = performance.now.bind(performance) }: WindowOptions): EnrollmentWindow {
  /** By the token's hash, until when; as of the question's time. */
  let known: { readonly askedAt: number; readonly until: ReadonlyMap<string, number>; readonly ended: ReadonlySet<string> } | undefined;
  let asking: Promise<void> | undefined;
  let lastAsked = Number.NEGATIVE_INFINITY;

  async function askOnce(): Promise<void> {
    await delay(Math.max(0, lastAsked + APART_MILLIS - now()));
    const askedAt = now();
    lastAsked = askedAt;
    const awaited = await ask();
    known = {
      askedAt,
      until: new Map(awaited.filter(({ ended }) => !ended).map(({ tokenHash, remainingMillis }) => [tokenHash, askedAt + remainingMillis])),
      ended: new Set(awaited.filter(({ ended }) => ended).map(({ tokenHash }) => tokenHash)),
    };
  }

  /**
   * Who is awaited, as the CA says to a question asked from now on: an invitation that was made a moment ago is among them. All who want to know at
   * the same time share a question.
   */
  async function askNow(): Promise<ReadonlyMap<string, number>> {
    const from = now();
    for (;;) {
      asking ??= askOnce().finally(() => {
        asking = undefined;
      });
      await asking;
      if (known !== undefined && known.askedAt >= from) return known.until;
    }
  }

  const recent = () => (known !== undefined && now() - known.askedAt < OPEN_MILLIS ? known.until : undefined);
  const isAnybodyIn = (until: ReadonlyMap<string, number> | undefined) => [...(until?.values() ?? [])].some((end) => end > now());

  return {
    async refuseWhenClosed(token) {
      if (open === "always") return;
      if (open === "never") throw new Refusal("ENROLLMENT_CLOSED", "Enrolment is switched off here (the setting enrollment.open).");
      if (isAnybodyIn(recent()) || isHolding() || isAnybodyIn(await askNow())) return;
      if (token !== undefined && known?.ended.has(hashOf(token))) return;
      throw new Refusal(
        "ENROLLMENT_CLOSED",
        "No invitation is open, so nobody can enrol now. Ask the person who runs this house's Latchkey for a new one.",
      );
    },

    async isAwaited(token) {
      const isIn = (until: ReadonlyMap<string, number> | undefined) => (until?.get(hashOf(token)) ?? 0) > now();
      return isIn(recent()) || isIn(await askNow().catch(() => undefined));
    },
  };
}

/** A phone waits for it, and sees why when it is over. */
const DEADLINE_MILLIS = 3_000;

/** Asks the CA. Throws CallError. */
export async function askWindow(connection: Connection): Promise<Awaited[]> {
  const { invitations } = await call(connection.invitations, "getEnrollmentWindow", GetEnrollmentWindowRequest.create(), {
    deadlineMillis: DEADLINE_MILLIS,
  });
  return invitations.map(({ tokenHash, remaining, ended }) => ({
    tokenHash,
    ended,
    remainingMillis: Number(remaining?.seconds ?? 0) * 1000 + (remaining?.nanos ?? 0) / 1e6,
  }));
}

/**
 * As the CA knows it: labelled, so that no other hash of a token is one. Looked up by, a secret's hash tells nothing in the time it takes.
 * The CA computes its own (`authority/invitation.ts`): both are held against test/vectors/invitation-token.json.
 */
export function hashOf(token: string): string {
  return createHash("sha256").update("latchkey invitation token\0").update(token).digest("hex");
}
