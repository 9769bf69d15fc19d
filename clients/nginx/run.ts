import { connect } from "../connect/connect.js";
import { readCredential } from "../connect/credential.js";
import type { FramedCrl } from "../connect/crl-frames.js";
import { CallError } from "../connect/error.js";
import { renewIfDue } from "../connect/renew.js";
import type { HandedCrl } from "./accept-crl.js";
import { departedSince } from "./departures.js";
import type { Log } from "./events.js";
import { openFolder } from "./folder.js";
import { createKeeper, type Standing } from "./keeper.js";
import { lockFolder } from "./lock.js";
import type { HookOptions } from "./options.js";
import { longestRetryMillis, Problem } from "./problem.js";
import { waitAfter } from "./reconnect.js";
import { pinTrust, refreshServerCertificate, report } from "./session.js";
import { watchCrl } from "./watch.js";

const LOOK_MILLIS = 30_000;
const FIRST_RETRY_MILLIS = 2_000;
const CERTIFICATE_LOOK_MILLIS = 60 * 60_000;

/** Keeps nginx fresh until the signal fires. Outlives the CA: it goes on with what it has, and reconnects. */
export async function runHook(options: HookOptions, log: Log, signal: AbortSignal): Promise<void> {
  const unlock = await lockFolder(options.dir);
  try {
    log("hook.started", { dir: options.dir });
    await keepFresh(options, log, signal);
  } finally {
    await unlock();
    log("hook.stopped");
  }
}

async function keepFresh(options: HookOptions, log: Log, signal: AbortSignal): Promise<void> {
  const folder = await openFolder(options.dir);
  const keeper = await createKeeper(folder, options.commands, log);
  const exclusive = createQueue();
  // What is there may be half done: a SIGKILL between two steps, or an nginx that was started with older files.
  await exclusive(() => keeper.recheck());

  let waitMillis: number | undefined;
  while (!signal.aborted) {
    const heldBefore = keeper.held;
    let sawCrl = false;
    let brokeWord = false;
    try {
      await follow(() => {
        sawCrl = true;
      });
    } catch (error) {
      if (signal.aborted) break;
      if (!(error instanceof CallError || error instanceof Problem)) throw error;
      log("ca.away", { code: error instanceof CallError ? error.reason : error.code, detail: error.message });
      brokeWord = error instanceof Problem;
    }
    waitMillis = waitAfter({ sawCrl, brokeWord, heldNewer: keeper.held !== heldBefore }, waitMillis);
    // Jitter: a hundred hooks must not come back in one instant.
    await pause(waitMillis * (0.5 + Math.random()), signal);
  }

  /** One connection, for as long as it holds. */
  async function follow(onConnected: () => void): Promise<void> {
    const credential = await renewIfDue(await readCredential(options.credential), log);
    const connection = connect(credential);
    const names = options.serverNames ?? credential.serverNames ?? [];
    const ended = new AbortController();
    const end = () => ended.abort();
    signal.addEventListener("abort", end, { once: true });
    let latest: HandedCrl | undefined;
    let isWorking = false;
    let retryMillis = FIRST_RETRY_MILLIS;
    let timer: NodeJS.Timeout | undefined;

    async function tell(standing: Standing): Promise<void> {
      try {
        await report(connection, standing, options.commands.nginx);
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        log("report.failed", { code: error.reason, detail: error.message });
      }
    }
    /** While one CRL is being enforced, only the newest of those that arrive is done next. */
    async function work(): Promise<void> {
      if (isWorking) return;
      isWorking = true;
      clearTimeout(timer);
      try {
        let standing: Standing;
        let taken: HandedCrl | undefined;
        do {
          taken = latest;
          const handed = taken;
          standing = await exclusive(async () => {
            const reached = await (handed === undefined ? keeper.recheck() : keeper.take(handed));
            await tell(reached);
            return reached;
          });
        } while (latest !== taken && !ended.signal.aborted);
        retryMillis =
          standing.problem === undefined ? FIRST_RETRY_MILLIS : Math.min(retryMillis * 2, longestRetryMillis(standing.problem.code));
        const isSoon = standing.problem?.code === "CRL_NOT_YET_VALID" || standing.problem?.code === "NGINX_NOT_RUNNING";
        timer = setTimeout(start, standing.problem === undefined ? LOOK_MILLIS : isSoon ? FIRST_RETRY_MILLIS : retryMillis);
      } finally {
        isWorking = false;
      }
    }
    let failure: unknown;
    function start(): void {
      if (ended.signal.aborted) return;
      work().catch((error: unknown) => {
        failure = error;
        end();
      });
    }
    function onCrl(crl: FramedCrl): void {
      onConnected();
      log("crl.received", { octets: crl.der.length });
      // What has left since the CRL that is held: those before this one were skipped or refused, perhaps.
      const before = latest === undefined ? [] : [latest.departed];
      latest = { der: crl.der, departed: departedSince(keeper.held, ...before, crl.departed) };
      start();
    }
    /** A connection can outlast its credential. With a new one it ends, and the next begins under that. */
    async function renewOnTheWay(): Promise<void> {
      if ((await renewIfDue(credential, log)) !== credential) end();
    }
    const certificates = setInterval(() => {
      exclusive(() => refreshServerCertificate(connection, keeper, names, log)).catch(() => {});
      void renewOnTheWay();
    }, CERTIFICATE_LOOK_MILLIS);

    try {
      await pinTrust(connection, keeper);
      log("ca.connected", { address: credential.address });
      await exclusive(() => refreshServerCertificate(connection, keeper, names, log));
      await watchCrl(connection, keeper.held, onCrl, ended.signal);
    } catch (error) {
      end();
      // It is told while there is a connection: `latchkey status` goes on to show it until a CRL is accepted.
      if (error instanceof Problem) await exclusive(() => tell(keeper.refuse(error)));
      throw error;
    } finally {
      end();
      clearTimeout(timer);
      clearInterval(certificates);
      signal.removeEventListener("abort", end);
      // What is under way is finished: nginx must not be left between two steps.
      await exclusive(async () => {});
      connection.close();
    }
    if (failure !== undefined) throw failure;
  }
}

/** Runs what it is given one after the other. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = tail.then(work, work);
    tail = result.catch(() => {});
    return result;
  };
}

function pause(millis: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, millis);
    signal.addEventListener("abort", finish, { once: true });
    if (signal.aborted) finish();
  });
}
