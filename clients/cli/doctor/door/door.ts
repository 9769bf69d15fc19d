import type { Ca } from "../house.js";
import type { DoorPlace } from "./place.js";
import type { Shown } from "./show.js";

/** The door that is looked at, and what is known of the house behind it. */
export interface Door {
  readonly place: DoorPlace;
  readonly ca: Ca | undefined;
  /** The CA's data folder, if it is on this host. */
  readonly data: string | undefined;
  /** What it shows in a handshake, and whether that leads to a public root; an Error: it can't be reached. */
  readonly shown: Shown | Error;
  readonly addresses: { readonly lan: string | undefined; readonly public: string | undefined; readonly resolver: string | undefined };
  /** Where a WebSocket is looked for; undefined: nowhere. */
  readonly websocket: { readonly path: string; readonly isChosen: boolean } | undefined;
  /** May a canary be issued and revoked? */
  readonly withCanary: boolean;
  /** How long the hooks are waited for. */
  readonly waitSeconds: number;
  /** Ctrl-C. */
  readonly stop: AbortSignal;
}
