import { Problem } from "../problem.js";
import { type Answer, ask, type Identity } from "./ask.js";
import type { DoorAddress } from "./doors.js";

/** A TLS session that was begun with a canary while it was good, at one door. */
export interface KeptSession {
  readonly door: DoorAddress;
  readonly session: Buffer;
  readonly identity: Identity;
}

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

/** Begins a session at each door, in each version of TLS that it speaks. What fails is none. */
export async function keepSessions(doors: readonly DoorAddress[], identity: Identity): Promise<KeptSession[]> {
  const asked = doors.flatMap((door) =>
    VERSIONS.map(async (version) => {
      const answer = await ask(door, { identity, version });
      return answer.kind === "answered" && isIn(answer) && answer.session !== undefined
        ? [{ door, session: answer.session, identity }]
        : [];
    }),
  );
  return (await Promise.all(asked)).flat();
}

export interface Trial {
  readonly doors: readonly DoorAddress[];
  readonly good: Identity;
  /** It is on the CRL that nginx has loaded. */
  readonly revoked: Identity;
  /** Begun with the revoked one while it was good. */
  readonly ofRevoked: readonly KeptSession[];
  /** Begun with the good one before the reload. */
  readonly ofGood: readonly KeptSession[];
}

/**
 * Tries every door: a good canary is let in, a revoked one is refused, on a connection of its own and with a session that is resumed, and
 * no session goes on that was begun before the reload. Answers the doors that could not be reached. Throws Problem (CANARY_…).
 */
export async function tryDoors({ doors, good, revoked, ofRevoked, ofGood }: Trial): Promise<DoorAddress[]> {
  const unreachable = await Promise.all(
    doors.map(async (door) => {
      const [first, second] = await Promise.all([ask(door, { identity: good }), ask(door, { identity: revoked })]);
      if (first.kind === "unreachable" || second.kind === "unreachable") return [door];
      // A connection can be lost by chance: a refusal comes twice.
      if (!isIn(first) && !isIn(await ask(door, { identity: good }))) throw notLetIn(door, first);
      if (isIn(second)) throw letIn(door, "on a new connection");
      return [];
    }),
  );
  const reached = doors.filter((door) => !unreachable.flat().includes(door));
  await Promise.all([
    ...at(reached, ofRevoked).map(async ({ door, session, identity }) => {
      if (isIn(await ask(door, { identity, session }))) throw letIn(door, "when it resumes a TLS session of before its revocation");
    }),
    ...at(reached, ofGood).map(async ({ door, session, identity }) => {
      const answer = await ask(door, { identity, session });
      if (answer.kind === "answered" && answer.resumed) throw outlives(door);
    }),
  ]);
  return unreachable.flat();
}

/** The settings may have changed since. */
function at(doors: readonly DoorAddress[], sessions: readonly KeptSession[]): readonly KeptSession[] {
  const known = new Set(doors.map((door) => JSON.stringify(door)));
  return sessions.filter(({ door }) => known.has(JSON.stringify(door)));
}

/** Only the check location answers so: whoever is refused gets 400, or the page of the owner's own for that. */
function isIn(answer: Answer): boolean {
  return answer.kind === "answered" && answer.status === 200 && answer.body.includes("This device is let in");
}

function notLetIn({ label }: DoorAddress, answer: Answer): Problem {
  const what = answer.kind === "answered" ? `it answered ${answer.status}` : answer.detail;
  return new Problem(
    "CANARY_NOT_LET_IN",
    `${label}: ${what}, in place of the check location's answer. Devices may be refused, too: look at nginx's error log.`,
  );
}

function letIn({ label }: DoorAddress, how: string): Problem {
  return new Problem(
    "CANARY_LET_IN",
    `${label} let it in ${how}. Does this server's ssl_crl name the hook's devices-crl.pem, and does another nginx listen there?`,
  );
}

function outlives({ label }: DoorAddress): Problem {
  return new Problem(
    "SESSION_OUTLIVES_RELOAD",
    `${label}. Write in it, and in the default server of its port: ssl_session_cache off; ssl_session_tickets off;`,
  );
}
