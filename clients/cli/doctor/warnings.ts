import { printable } from "../terminal.js";
import { severityOfWarning } from "./codes.js";
import { type Finding, found, ok, pageOf, skipped } from "./finding.js";
import type { Ca, House } from "./house.js";

/** Whether the CA answers, and what it warns of itself: it knows its authorities, its CRLs and the hooks better than anybody. */
export function* lookAtCa({ ca, failure }: House): Generator<Finding> {
  if (ca === undefined) {
    yield found("CA_UNREACHABLE", `The CA could not be asked: ${failure?.message ?? ""}`, "Do what this sentence says, and look again.");
    return;
  }
  const { version, startTime } = ca.status;
  yield ok(`The CA at ${ca.connection.address} answers: Latchkey ${version}, running since ${startTime?.toISOString() ?? "?"}.`);
  yield* warningsOf(ca.status);
}

/** Pure: the CA's warnings as findings. */
export function* warningsOf({ warnings, subscribers }: Pick<Ca["status"], "warnings" | "subscribers">): Generator<Finding> {
  const problems = new Set(subscribers.map(({ problem }) => problem));
  const ofHooks = new Set(subscribers.flatMap((subscriber) => subscriber.warnings.map(({ code }) => code)));
  if (warnings.length === 0) yield ok("The CA warns of nothing.");
  for (const { code, message } of warnings) {
    const told = { code: printable(code), message: printable(message) };
    if (problems.has(code)) yield { severity: "failure", ...told, page: pageOfProblem(code, message) };
    else if (ofHooks.has(code)) yield { severity: "warning", ...told, page: "docs/errors.md#warnings-of-the-nginx-hook" };
    else yield { severity: severityOfWarning(code), ...told, page: pageOf(code) };
  }
}

/** Holes in nginx's settings have a page of their own; a hook names each in brackets. */
function pageOfProblem(code: string, message: string): string {
  if (code !== "NGINX_SETTINGS_LEAVE_A_HOLE") return "docs/errors.md#of-the-nginx-hook";
  const [, hole] = /\[([A-Z_]+)\]/.exec(message) ?? [];
  return `docs/nginx-settings.md${hole === undefined ? "" : `#${hole.toLowerCase()}`}`;
}

/** Who enforces the devices' CRL. What is wrong with a hook is among the CA's warnings. */
export function* lookAtHooks({ ca }: House): Generator<Finding> {
  if (ca === undefined) yield skipped("Who enforces the CRL: the CA alone knows it.");
  else yield* hooksOf(ca.status);
}

export function* hooksOf({ subscribers }: Pick<Ca["status"], "subscribers">): Generator<Finding> {
  if (subscribers.length === 0) {
    const remedy = 'Set up latchkey-nginx on the nginx host (README: "Put it before your nginx").';
    yield found("NO_HOOK", "No nginx hook has registered: nothing enforces a revocation.", remedy);
  }
  for (const { name, connected, problem, enforcedCrlNumber, relyingParty } of subscribers) {
    if (!connected || problem !== "" || enforcedCrlNumber === "") continue;
    yield ok(`${printable(name)} enforces CRL ${enforcedCrlNumber}${relyingParty === "" ? "" : `, on ${printable(relyingParty)}`}.`);
  }
}
