import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { GetStatusRequest, type GetStatusResponse } from "../../../generated/latchkey/v1/operations_service.js";
import { type Connection, call } from "../../connect/connect.js";
import type { Failure } from "../failure.js";
import type { SessionOptions } from "../session.js";

/** A CA that answers, and what it says of itself. */
export interface Ca {
  readonly connection: Connection;
  readonly status: GetStatusResponse;
  /** This host's clock when the CA read its own; it may have been so many milliseconds before or after: half the way there and back. */
  readonly hereAt: Date;
  readonly uncertainMillis: number;
}

/** What the checks look at. */
export interface House {
  /** Undefined where it could not be asked. */
  readonly ca: Ca | undefined;
  /** Why not. */
  readonly failure: Failure | undefined;
  /** The CA's data folder, if it is on this host. */
  readonly data: string | undefined;
  /** A credential folder that is used here in place of the data folder's own. */
  readonly credential: string | undefined;
}

export async function readCa(connection: Connection): Promise<Ca> {
  const before = Date.now();
  const status = await call(connection.operations, "getStatus", GetStatusRequest.create());
  const after = Date.now();
  return { connection, status, hereAt: new Date((before + after) / 2), uncertainMillis: (after - before) / 2 };
}

/** As every other command finds them: a credential that is named says that the CA may be anywhere. */
export function foldersOf(options: SessionOptions): Pick<House, "data" | "credential"> {
  const credential = options.credential ?? process.env.LATCHKEY_CREDENTIAL;
  const named = options.data ?? process.env.LATCHKEY_DATA;
  const data = named ?? (credential === undefined ? "./data" : undefined);
  return { data: data !== undefined && existsSync(data) ? resolve(data) : undefined, credential: credential && resolve(credential) };
}
