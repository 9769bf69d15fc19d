import { fileURLToPath } from "node:url";
import type { RunningAuthority } from "../../../services/ca/main.js";
import type { Settings } from "../../../services/config.js";
import type { Log } from "../../../services/log.js";
import { permissionOptions } from "./permissions.js";
import { type ListeningMessage, supervise } from "./supervise.js";

const PROGRAM = fileURLToPath(new URL("../latchkey.js", import.meta.url));
const FIRST_START_MILLIS = 20_000;

/**
 * Runs the enrolment service as a child process with a credential of its own and Node's permission model: what strangers on the
 * LAN can talk to never shares memory or files with the keys. Resolves with its address once it listens; throws if it does not.
 */
export async function startEnrollmentChild(
  ca: RunningAuthority,
  settings: Settings,
  log: Log,
  /** It listens again, perhaps elsewhere. */
  onRestarted: (address: string) => Promise<void>,
): Promise<{ address: string; warning: string | undefined; stop(): Promise<void> }> {
  const { listen, lan, trustedProxies, tls } = settings.enrollment;
  const files = tls === undefined ? [] : [tls.certificate, tls.key];
  let first: ((message: ListeningMessage) => void) | undefined;
  const listening = new Promise<ListeningMessage>((resolve) => {
    first = resolve;
  });
  const child = supervise({
    module: PROGRAM,
    arguments: ["serve", "enrollment", "--credential", ca.enrollmentFolder, "--data", ca.enrollmentFolder, "--enroll", listen],
    nodeOptions: permissionOptions([ca.enrollmentFolder, ...files]),
    environment: {
      PATH: process.env.PATH ?? "",
      ...(lan === undefined ? {} : { LATCHKEY_ENROLLMENT_LAN: lan.join(",") }),
      ...(trustedProxies.length === 0 ? {} : { LATCHKEY_ENROLLMENT_TRUSTED_PROXIES: trustedProxies.join(",") }),
      ...(tls === undefined ? {} : { LATCHKEY_ENROLLMENT_TLS_CERTIFICATE: tls.certificate, LATCHKEY_ENROLLMENT_TLS_KEY: tls.key }),
    },
    log,
    onListening: (message) => {
      ca.setEnrollment("running", message.listening);
      if (first !== undefined) {
        first(message);
        first = undefined;
        return;
      }
      onRestarted(message.listening).catch((error: unknown) => log("service.failed", { what: "run.json", error: String(error) }));
    },
    onExit: () => ca.setEnrollment("restarting"),
  });
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const message = `The enrolment service did not come up on ${listen}: its reason stands above. Choose another address with --enroll HOST:PORT, or name the LAN with --lan.`;
      reject(Object.assign(new Error(message), { code: "UNAVAILABLE" }));
    }, FIRST_START_MILLIS);
  });
  try {
    const { listening: address, warning } = await Promise.race([listening, tooLate]);
    return { address, warning, stop: child.stop };
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
