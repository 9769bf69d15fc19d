import { type Connection, connect } from "../connect/connect.js";
import { readCredential } from "../connect/credential.js";
import type { FramedCrl } from "../connect/crl-frames.js";
import { renewIfDue } from "../connect/renew.js";
import type { Log } from "./events.js";
import { openFolder } from "./folder.js";
import { createKeeper, type Standing } from "./keeper.js";
import { lockFolder } from "./lock.js";
import type { HookOptions } from "./options.js";
import { Problem } from "./problem.js";
import { pinTrust, refreshServerCertificate, report } from "./session.js";
import { watchCrl } from "./watch.js";

const TIMEOUT_MILLIS = 60_000;

export interface OnceOutcome {
  readonly standing: Standing;
  /** The CRL that now lies in the folder. */
  readonly held: bigint | undefined;
}

/** Fetches, installs, enforces and reports once. Throws CallError when the CA can't be reached or refuses, Problem (CA_CHANGED). */
export async function runOnce(options: HookOptions, log: Log): Promise<OnceOutcome> {
  const unlock = await lockFolder(options.dir);
  const credential = await renewIfDue(await readCredential(options.credential), log);
  const connection = connect(credential);
  try {
    const keeper = await createKeeper(await openFolder(options.dir), options.commands, log);
    await pinTrust(connection, keeper);
    await refreshServerCertificate(connection, keeper, options.serverNames ?? credential.serverNames ?? [], log);
    const standing = await fetchCrl(connection, keeper.held).then(keeper.take, (error: unknown) => {
      if (error instanceof Problem) return keeper.refuse(error);
      throw error;
    });
    await report(connection, standing, options.commands.nginx);
    return { standing, held: keeper.held };
  } finally {
    connection.close();
    await unlock();
  }
}

/** The present CRL. Throws CallError, and Problem when it does not arrive whole. */
async function fetchCrl(connection: Connection, held: bigint | undefined): Promise<FramedCrl> {
  const arrived = new AbortController();
  let first: FramedCrl | undefined;
  const take = (crl: FramedCrl) => {
    first ??= crl;
    arrived.abort();
  };
  await watchCrl(connection, held, take, AbortSignal.any([AbortSignal.timeout(TIMEOUT_MILLIS), arrived.signal]));
  if (first === undefined) throw new Error("The CA sent no CRL within a minute. Look at `latchkey status`.");
  return first;
}
