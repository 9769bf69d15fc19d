import { setTimeout as sleep } from "node:timers/promises";
import {
  AwaitEnforcementRequest,
  type AwaitEnforcementResponse,
  ListSubscribersRequest,
} from "../../../../generated/latchkey/v1/publication_service.js";
import { call } from "../../../connect/connect.js";
import { whyNot } from "../../enforcement.js";
import { printable } from "../../terminal.js";
import { type Finding, found, ok, skipped } from "../finding.js";
import type { Ca } from "../house.js";
import { unlessStopped } from "../stop.js";
import { ask, type Identity } from "./ask.js";
import type { Canary } from "./canary.js";
import type { Door } from "./door.js";
import type { Entry } from "./entry.js";
import { answered, verdictOf } from "./verdict.js";

/** Where no hook reports, its nginx may still be at it: so long the door itself is watched. */
const REFUSED_WITHIN_MILLIS = 10_000;
const LOOK_EVERY_MILLIS = 250;
/** nginx's own way (`worker_shutdown_timeout 2s`) takes two; the hook's takes less. */
const CLOSED_WITHIN_MILLIS = 5_000;
const SETTINGS = "docs/nginx-settings.md says which of nginx's settings keep it open; does `latchkey-nginx run` run?";

/** A canary that has been at the door. */
interface Admitted extends Pick<Canary, "revoke"> {
  readonly identity: Identity;
}

/** Revokes the canary, and looks whether the door refuses it: fresh, resumed, and on what was open. */
export async function* lookAtRevocation(door: Door, ca: Ca, canary: Admitted, entry: Entry): AsyncGenerator<Finding> {
  const { crlNumber } = await canary.revoke();
  yield* lookAtEnforcement(door, ca, crlNumber);
  if (!entry.isIn) return yield skipped("Whether the door refuses a revoked device: it refused this one before.");
  const fresh = await refusal(door, canary);
  if (fresh !== undefined) {
    const remedy =
      "Does that server's `ssl_crl` name the hook's devices-crl.pem, does `latchkey-nginx run` run on the nginx host, and was nginx reloaded?";
    yield found("REVOKED_DEVICE_LET_IN", `A revoked device is let in, on a new connection: ${fresh}.`, remedy);
    return yield skipped("Resumed sessions and open WebSockets of a revoked device: it gets in anyway.");
  }
  yield ok("A revoked device is refused, on a new connection.");
  yield* lookAtSessions(door, canary, entry);
  yield* lookAtOpenSocket(entry);
}

/** What every hook says that has no trouble of its own: that has been told already. */
async function* lookAtEnforcement(door: Door, ca: Ca, crlNumber: string): AsyncGenerator<Finding> {
  const { subscribers } = ca.status;
  if (subscribers.length === 0) return;
  const troubled = subscribers.filter(({ connected, problem }) => !connected || problem !== "").map(({ name }) => name);
  const { enforcedBy, pending } = await awaitOthers(door, ca, crlNumber, troubled);
  for (const { subscriber, afterMillis } of enforcedBy)
    yield ok(`${printable(subscriber)} enforced the revocation${afterMillis === 0 ? "" : ` after ${afterMillis} ms`}.`);
  const now =
    pending.length === 0
      ? []
      : (await call(ca.connection.publication, "listSubscribers", ListSubscribersRequest.create({ pageSize: 1000 }))).subscribers;
  for (const name of pending) {
    if (troubled.includes(name)) {
      yield skipped(`When ${printable(name)} enforces it: it has a trouble of its own, which is told above.`);
      continue;
    }
    const why = whyNot(
      now.find((one) => one.name === name),
      crlNumber,
    );
    const remedy = "Look at that hook's log on its nginx host.";
    yield found(
      "REVOCATION_NOT_ENFORCED",
      `${printable(name)} does not enforce a revocation within ${door.waitSeconds} s: ${why}.`,
      remedy,
    );
  }
}

/** Waits until all have reported of whom that is expected: a second at a time, since the CA waits for those that are troubled, too. */
async function awaitOthers(
  { waitSeconds, stop }: Door,
  ca: Ca,
  crlNumber: string,
  troubled: readonly string[],
): Promise<AwaitEnforcementResponse> {
  const end = Date.now() + waitSeconds * 1_000;
  while (true) {
    const isOver = Date.now() >= end;
    const timeout = { seconds: isOver ? "0" : "1", nanos: 0 };
    const request = AwaitEnforcementRequest.create({ authority: "devices", crlNumber, timeout });
    const response = await unlessStopped(stop, call(ca.connection.publication, "awaitEnforcement", request));
    if (isOver || response.pending.every((name) => troubled.includes(name))) return response;
  }
}

/** Undefined once the door refuses; else what it answered last. */
async function refusal({ place, stop }: Door, { identity }: Admitted): Promise<string | undefined> {
  const end = Date.now() + REFUSED_WITHIN_MILLIS;
  while (true) {
    const answer = await ask(place, { identity, stop });
    const verdict = verdictOf(answer);
    if (verdict === "refused" || verdict === "ended") return undefined;
    if (Date.now() > end) return answered(answer);
    await unlessStopped(stop, sleep(LOOK_EVERY_MILLIS));
  }
}

async function* lookAtSessions({ place, stop }: Door, { identity }: Admitted, { sessions }: Entry): AsyncGenerator<Finding> {
  if (sessions.length === 0) return yield ok("The door hands out no TLS sessions: there is nothing that a revoked device could resume.");
  for (const { version, session } of sessions) {
    const answer = await ask(place, { identity, version, session, stop });
    const verdict = verdictOf(answer);
    if (verdict === "refused" || verdict === "ended") yield ok(`A revoked device that resumes its session is refused, over ${version}.`);
    else {
      const what = `A revoked device that resumes its TLS session is let in, over ${version}: ${answered(answer)}.`;
      yield found("REVOKED_SESSION_LET_IN", what, `\`ssl_session_cache off; ssl_session_tickets off;\` in that server. ${SETTINGS}`);
    }
  }
}

async function* lookAtOpenSocket({ websocket }: Entry): AsyncGenerator<Finding> {
  if (websocket === undefined) return yield skipped("An open WebSocket of a revoked device: none was open.");
  if (await websocket.endsWithin(CLOSED_WITHIN_MILLIS)) return yield ok("The WebSocket that the revoked device had open was closed.");
  const what = "The WebSocket that the revoked device had open is still open.";
  yield found(
    "WEBSOCKET_OUTLIVES_REVOCATION",
    what,
    `Run the hook as root beside nginx, or set \`worker_shutdown_timeout 2s;\` in nginx's main context. ${SETTINGS}`,
  );
}
