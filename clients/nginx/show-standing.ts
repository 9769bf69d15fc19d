import { HostError } from "./host-error.js";
import type { Standing } from "./standing.js";

const LONGEST_MILLIS = 5_000;

/** Asks a running hook's own port. Throws HostError when nobody answers there. */
export async function askStanding({ host, port }: { readonly host: string; readonly port: number }): Promise<Standing> {
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}/status`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(LONGEST_MILLIS), redirect: "error" });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    const answer: unknown = await response.json();
    if (!isStanding(answer)) throw new Error("an answer of another program");
    return answer;
  } catch (cause) {
    throw new HostError(`No hook answers at ${url}: does it run, with --monitor ${host}:${port}?`, { cause });
  }
}

/** Something else may listen there, and answer in JSON as well. What is looked at is what every hook says. */
function isStanding(answer: unknown): answer is Standing {
  const { isWell, ca, warnings } = (answer ?? {}) as Partial<Record<keyof Standing, unknown>>;
  return typeof isWell === "boolean" && typeof ca === "object" && ca !== null && Array.isArray(warnings);
}

/** For people, a line for each thing. */
export function linesOf({ isWell, ca, crl, enforcedCrlNumber, problem, warnings, serverCertificateEndTime }: Standing): string[] {
  const heard = ca.lastContactTime === undefined ? "" : `, last heard of ${ca.lastContactTime}`;
  return [
    isWell ? `nginx enforces CRL ${enforcedCrlNumber}.` : "Something needs your attention.",
    `  CA           ${ca.address ?? "not reached yet"}, ${ca.connected ? "connected" : `not connected${heard}`}`,
    `  CRL          ${crl === undefined ? "none yet" : `${crl.number} with ${crl.entries} ${crl.entries === 1 ? "entry" : "entries"}, of ${crl.thisUpdate}, ends ${crl.nextUpdate}`}`,
    `  enforced     ${enforcedCrlNumber ?? "nothing"}`,
    ...(serverCertificateEndTime === undefined ? [] : [`  certificate  nginx's own ends ${serverCertificateEndTime}`]),
    ...[...(problem === undefined ? [] : [problem]), ...warnings].map(({ code, message }) => `  ${code}  ${message}`),
  ];
}
