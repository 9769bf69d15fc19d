import { fileURLToPath } from "node:url";
import type { RunningAuthority } from "../../../services/ca/main.js";
import { devicesListen, type Settings } from "../../../services/config.js";
import type { Log } from "../../../services/log.js";
import { CommandError } from "../error.js";
import { permissionOptions } from "./permissions.js";
import { supervise } from "./supervise.js";

const PROGRAM = fileURLToPath(new URL("../latchkey.js", import.meta.url));
const FIRST_START_MILLIS = 20_000;

/**
 * Runs the enrolment service as a child process with a credential of its own and Node's permission model: what strangers on the
 * LAN can talk to never shares memory or files with the keys. Resolves with its address once it listens, without one when the CA can't
 * serve it just now; throws if its settings keep it from starting.
 */
export async function startEnrollmentChild(
  ca: RunningAuthority,
  settings: Settings,
  log: Log,
  /** It listens later than at first, perhaps elsewhere. */
  onListening: (addresses: Pick<Started, "address" | "devices">) => Promise<void>,
): Promise<Started & { stop(): Promise<void> }> {
  const { listen, lan, trustedProxies, open, tls } = settings.enrollment;
  const { devices } = settings;
  const files = tls === undefined ? [] : [tls.certificate, tls.key];
  const firstStart = deferred<Started>();
  let isFirst = true;
  const child = supervise({
    module: PROGRAM,
    arguments: ["serve", "enrollment", "--credential", ca.enrollmentFolder, "--data", ca.enrollmentFolder, "--enroll", listen],
    nodeOptions: permissionOptions([ca.enrollmentFolder, ...files]),
    environment: {
      ...passedOn(["PATH", "TZ", "TERM", "NO_COLOR", "LATCHKEY_DEBUG", "container"]),
      LATCHKEY_ENROLLMENT_OPEN: open,
      ...(lan === undefined ? {} : { LATCHKEY_ENROLLMENT_LAN: lan.join(",") }),
      ...(trustedProxies.length === 0 ? {} : { LATCHKEY_ENROLLMENT_TRUSTED_PROXIES: trustedProxies.join(",") }),
      LATCHKEY_ENROLLMENT_SIGN_PROFILES: String(settings.enrollment.signProfiles),
      LATCHKEY_DEVICES_ENABLED: String(devices.enabled),
      LATCHKEY_DEVICES_LISTEN: devicesListen(settings),
      ...(devices.trustedProxies.length === 0 ? {} : { LATCHKEY_DEVICES_TRUSTED_PROXIES: devices.trustedProxies.join(",") }),
      ...(tls === undefined ? {} : { LATCHKEY_ENROLLMENT_TLS_CERTIFICATE: tls.certificate, LATCHKEY_ENROLLMENT_TLS_KEY: tls.key }),
    },
    log,
    onListening: ({ listening, devices = "", warning }) => {
      ca.setEnrollment("running", listening);
      firstStart.resolve({ address: listening, devices, warning });
      if (!isFirst)
        onListening({ address: listening, devices }).catch((error: unknown) =>
          log("service.failed", { what: "run.json", error: String(error) }),
        );
      isFirst = false;
    },
    onFailed: ({ failed, isPassing }) => {
      ca.setEnrollment("restarting");
      if (isPassing || !isFirst) log("service.failed", { what: "the enrolment service", error: failed });
      isFirst = false;
      // The CA goes on without it, and nginx gets its CRLs: `status` says so, and the next try may succeed.
      // While nobody has been invited, somebody sits before it, and can choose another port at once.
      if (isPassing || !ca.isUnused)
        firstStart.resolve({ address: "", devices: "", warning: `The enrolment service can't start yet: ${failed}` });
      else firstStart.reject(new CommandError("SYSTEM_ERROR", failed));
    },
    onExit: () => ca.setEnrollment("restarting"),
  });
  const timer = setTimeout(() => {
    const message = `The enrolment service did not come up on ${listen} within ${FIRST_START_MILLIS / 1000} s: its reason stands above.`;
    firstStart.reject(new CommandError("SYSTEM_ERROR", message));
  }, FIRST_START_MILLIS);
  try {
    return { ...(await firstStart.promise), stop: child.stop };
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Of our own environment, what says how its events are written, and where it runs. */
function passedOn(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? ""]).filter(([, value]) => value !== ""));
}

/** A promise that is settled from elsewhere. (Promise.withResolvers comes with Node 22.) */
function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

interface Started {
  /** `host:port`; empty while it can't start. */
  readonly address: string;
  readonly devices: string;
  readonly warning: string | undefined;
}
