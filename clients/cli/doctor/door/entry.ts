import { type Finding, found, ok, skipped } from "../finding.js";
import { type Answer, ask, type Identity, type TlsVersion } from "./ask.js";
import type { Door } from "./door.js";
import { answered, verdictOf } from "./verdict.js";
import { openWebSocket, type Upgrade } from "./websocket.js";

/** What a good device has got: what a revoked one must not keep. */
export interface Entry {
  readonly isIn: boolean;
  /** Sessions that could be resumed, by the version of TLS. */
  readonly sessions: readonly { readonly version: TlsVersion; readonly session: Buffer }[];
  /** One that is open. */
  readonly websocket: Upgrade | undefined;
}

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;

/** Whether a good device is let in by the door, and by what stands behind it. */
export async function* lookAtEntry(door: Door, identity: Identity): AsyncGenerator<Finding, Entry> {
  const { place, stop } = door;
  const answers: { version: TlsVersion; answer: Answer }[] = [];
  for (const version of VERSIONS) answers.push({ version, answer: await ask(place, { identity, version, stop }) });
  // A door may offer one version alone.
  const spoken = answers.filter(({ answer }) => answer.shookHands);
  const [first] = spoken.length === 0 ? answers : spoken;
  const bad = spoken.find(({ answer }) => verdictOf(answer) !== "in" || answer.status === 403) ?? (spoken.length === 0 ? first : undefined);
  if (bad !== undefined) {
    yield explain(bad.answer);
    return { isIn: passes(bad.answer), sessions: sessionsOf(spoken), websocket: undefined };
  }
  for (const { version, answer } of answers) {
    if (answer.shookHands) yield ok(`A good device is let in, over ${version} (${answered(answer)}).`);
    else yield skipped(`${version}: the door does not speak it.`);
  }
  return { isIn: true, sessions: sessionsOf(spoken), websocket: yield* lookAtWebSocket(door, identity) };
}

/** The door let it pass, whatever happened behind it. */
function passes(answer: Answer): boolean {
  const verdict = verdictOf(answer);
  return verdict !== "ended" && verdict !== "refused";
}

function sessionsOf(answers: readonly { version: TlsVersion; answer: Answer }[]): Entry["sessions"] {
  return answers.flatMap(({ version, answer: { session } }) => (session === undefined ? [] : [{ version, session }]));
}

function explain(answer: Answer): Finding {
  const what = answered(answer);
  switch (verdictOf(answer)) {
    case "distrusted":
      return found(
        "HOME_ASSISTANT_DISTRUSTS_PROXY",
        "The door lets a good device in, and Home Assistant behind it answers 400: it does not know the proxy.",
        "Into its configuration.yaml, and restart it: `http:` with `use_x_forwarded_for: true` and, under `trusted_proxies:`, the address of this nginx as Home Assistant sees it.",
      );
    case "broken":
      return found(
        "BACKEND_FAILS",
        `The door lets a good device in, and ${what}: what stands behind it does not run, or fails.`,
        "Is the backend running, and is `proxy_pass` its address? nginx's error log says which of the two.",
      );
    case "in":
      return found(
        "BACKEND_FAILS",
        `The door lets a good device in, and what stands behind it refuses everybody: ${what}.`,
        "Look at the backend's log. Home Assistant answers 403 to an address that it has banned: ip_bans.yaml, beside its configuration.",
      );
    case "refused":
    case "ended":
      return found(
        "CANARY_REFUSED",
        `A good device is refused: ${what}.`,
        "Does that server's `ssl_client_certificate` name the hook's devices-ca.pem, and has the CRL not expired? nginx's error log (level info) says why it refuses.",
      );
  }
}

/** Answers the one that is open. */
async function* lookAtWebSocket({ place, websocket, stop }: Door, identity: Identity): AsyncGenerator<Finding, Upgrade | undefined> {
  if (websocket === undefined) {
    yield skipped("WebSockets: --no-websocket.");
    return undefined;
  }
  const { path, isChosen } = websocket;
  const upgrade = await openWebSocket(place, path, identity, stop);
  if (upgrade.status === 101) {
    yield ok(`A WebSocket passes at ${path}.`);
    return upgrade;
  }
  upgrade.close();
  if (upgrade.status === 404 && !isChosen)
    yield skipped(`WebSockets: nothing is at ${path} (404), where Home Assistant has its own. --websocket PATH says where yours is.`);
  else {
    const remedy =
      "In that location: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;`, with the `map` that `latchkey-nginx config` prints. No WebSocket there: --no-websocket.";
    yield found("WEBSOCKET_REFUSED", `A WebSocket does not pass at ${path}: ${answered(upgrade)} instead of 101.`, remedy);
  }
  return undefined;
}
