import { type Connection, connect } from "../../clients/connect/connect.js";
import type { Credential } from "../../clients/connect/credential.js";
import { type RenewalLog, renewInMemoryIfDue } from "../../clients/connect/renew.js";

/** The connection to the CA under this service's credential, which renews itself in memory: this process may write no disk. */
export interface OwnConnection {
  current(): Connection;
  /** Renews the credential if two thirds of its life are over. Calls under way go on over the old connection. */
  renewIfDue(at: Date): Promise<void>;
  /** Goes on with a credential that the CA has made in place of this one, in the same way. */
  adopt(credential: Credential): void;
  close(): void;
}

const DRAIN_MILLIS = 60_000;

export function openOwnConnection(first: Credential, log: RenewalLog): OwnConnection {
  let credential = first;
  let connection = connect(first);
  function adopt(next: Credential): void {
    credential = next;
    const old = connection;
    connection = connect(credential);
    setTimeout(() => old.close(), DRAIN_MILLIS).unref();
  }

  return {
    current: () => connection,
    async renewIfDue(at) {
      const renewed = await renewInMemoryIfDue(credential, log, at);
      if (renewed !== credential) adopt(renewed);
    },
    adopt,
    close: () => connection.close(),
  };
}
