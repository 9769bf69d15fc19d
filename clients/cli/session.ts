import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Connection, connect } from "../connect/connect.js";
import { readCredential } from "../connect/credential.js";
import { renewIfDue } from "../connect/renew.js";
import { CommandError, EXIT } from "./exit.js";

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
  const credential = await renewIfDue(found);
  const connection = connect(credential);
  try {
    return await work(connection);
  } finally {
    connection.close();
  }
}

async function open(folder: string, data: string | undefined) {
  if (!existsSync(join(folder, "credential.json"))) {
    throw new CommandError("NO_CREDENTIAL", await explainMissing(folder, data), EXIT.unreachable);
  }
  const credential = await readCredential(folder).catch((error: unknown) => {
    throw new CommandError(
      "NO_CREDENTIAL",
      `The credential in ${folder} can't be read: ${error instanceof Error ? error.message : String(error)}`,
      EXIT.unreachable,
    );
  });
  if (data === undefined) return credential;
  const address = await runningAddress(data);
  if (address === undefined) {
    throw new CommandError(
      "UNAVAILABLE",
      `The CA in ${data} is not running: start it with \`npm start\` or \`latchkey serve --data ${data}\`.`,
      EXIT.unreachable,
    );
  }
  return { ...credential, address };
}

async function explainMissing(folder: string, data: string | undefined): Promise<string> {
  if (data === undefined) {
    return `There is no operator credential in ${folder}. An administrator makes one with \`latchkey operator add NAME --role admin --out FOLDER\`.`;
  }
  if ((await runningAddress(data)) !== undefined) {
    return `The CA runs, but ${folder} holds no administrator's credential: it was taken away. Name another one with --credential; or stop the CA, and make a new one with the passphrase of its keys: \`latchkey operator add NAME --role admin --local --data ${data} --out ${folder}\`.`;
  }
  return `There is no operator credential in ${folder}. Start the CA first (\`npm start\` or \`latchkey serve\`), name its data folder with --data, or an operator's credential with --credential.`;
}

/** Where the CA of this data folder listens, if it runs. */
async function runningAddress(data: string): Promise<string | undefined> {
  try {
    const { pid, grpc } = JSON.parse(await readFile(join(data, "run.json"), "utf8")) as { pid: number; grpc: string };
    process.kill(pid, 0);
    return grpc;
  } catch (error) {
    // Another user's process is alive, too.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return undefined;
    return (JSON.parse(await readFile(join(data, "run.json"), "utf8")) as { grpc: string }).grpc;
  }
}
