import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Connection, connect } from "../connect/connect.js";
import { type Credential, readCredential } from "../connect/credential.js";
import { nothingThere } from "../connect/nothing-there.js";
import { renewIfDue } from "../connect/renew.js";
import { CommandError } from "./error.js";
import { isSystemError, systemWords } from "./failure.js";

/** Options that every command which talks to the CA has. */
export interface SessionOptions {
  readonly data?: string;
  readonly credential?: string;
}

/**
 * Runs a command's work with a connection to the CA. The credential is `--credential` or LATCHKEY_CREDENTIAL; on the CA's
 * own host the one in the data folder, with the address that the running CA has written to `run.json`.
 */
export async function withConnection<T>(options: SessionOptions, work: (connection: Connection) => Promise<T>): Promise<T> {
  const folder = options.credential ?? process.env.LATCHKEY_CREDENTIAL;
  const data = options.data ?? process.env.LATCHKEY_DATA ?? "./data";
  const found = await open(folder ?? join(data, "operator"), folder === undefined ? data : undefined);
  const connection = await connectWith(found);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

/** A key or certificate that is none shows only now. */
async function connectWith(credential: Credential): Promise<Connection> {
  try {
    return connect(await renewIfDue(credential));
  } catch (error) {
    throw unusable(credential.folder, error);
  }
}

async function open(folder: string, data: string | undefined): Promise<Credential> {
  const address = data === undefined ? undefined : await runningAddress(data);
  const credential = await readOperator(folder, remedyFor(data, address !== undefined));
  if (data === undefined) return credential;
  if (address === undefined) {
    const starting = await processOf(join(data, "store.pid"));
    if (starting !== undefined)
      throw new CommandError("UNAVAILABLE", `The CA in ${data} is starting (process ${starting}): try again in a few seconds.`);
    const start = `\`npm start\` or \`latchkey serve --data ${data}\``;
    throw new CommandError("UNAVAILABLE", `The CA in ${data} is not running: start it with ${start}.`);
  }
  return { ...credential, address };
}

/** What to do about a credential that is not there. */
function remedyFor(data: string | undefined, isRunning: boolean): string {
  if (data === undefined) return "An administrator makes one with `latchkey operator add NAME --role admin --out FOLDER`.";
  if (isRunning)
    return `The CA runs, but its administrator's credential was taken away. Name another one with --credential; or stop the CA, and make a new one with the passphrase of its keys: \`latchkey operator add NAME --role admin --local --data ${data} --out ${join(data, "operator")}\`.`;
  return "Start the CA first (`npm start` or `latchkey serve`), name its data folder with --data, or an operator's credential with --credential.";
}

/** Reads an operator's credential; `remedy`: what to do when there is none. Throws NO_CREDENTIAL. */
export async function readOperator(folder: string, remedy: string): Promise<Credential> {
  try {
    const credential = await readCredential(folder);
    if (typeof credential.address !== "string") throw new Error("credential.json names no address");
    return credential;
  } catch (error) {
    if (!isSystemError(error)) throw unusable(folder, error);
    if (error.code === "ENOENT" || error.code === "ENOTDIR")
      throw new CommandError("NO_CREDENTIAL", `There is no operator credential in ${folder}. ${remedy}`, { cause: error });
    throw new CommandError("NO_CREDENTIAL", `The credential in ${folder} can't be read: ${systemWords(error)}.`, { cause: error });
  }
}

function unusable(folder: string, error: unknown): CommandError {
  const why = error instanceof Error ? error.message : String(error);
  return new CommandError("NO_CREDENTIAL", `The credential in ${folder} is damaged: ${why}. Ask an administrator for a new one.`, {
    cause: error,
  });
}

/** Where the CA of this data folder listens, if it runs. */
async function runningAddress(data: string): Promise<string | undefined> {
  const text = await readFile(join(data, "run.json"), "utf8").catch(nothingThere);
  const [, pid, grpc] = /"pid":(\d+).*"grpc":"([^"]+)"/.exec(text ?? "") ?? [];
  return pid !== undefined && isAlive(Number(pid)) ? grpc : undefined;
}

/** The process that a file names, if it is alive: the CA holds its store from before it listens. */
async function processOf(path: string): Promise<number | undefined> {
  const pid = Number(await readFile(path, "utf8").catch(nothingThere));
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is alive, too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
