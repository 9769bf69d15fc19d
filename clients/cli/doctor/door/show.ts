import type { X509Certificate } from "node:crypto";
import * as tls from "node:tls";
import { INTERRUPTED } from "../stop.js";
import { tlsOptions } from "./ask.js";
import type { DoorPlace } from "./place.js";

/** What a server shows, and what a verifier says of it. */
export interface Shown {
  readonly certificate: X509Certificate;
  /** OpenSSL's code; undefined: its chain leads to a root that is trusted. */
  readonly error: string | undefined;
}

const PATIENCE_MILLIS = 10_000;

/** A handshake: what is shown, and whether it leads to this root (the public ones, if there is none). An Error: there was none. */
export function show(place: DoorPlace, root: string | undefined, stop: AbortSignal): Promise<Shown | Error> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(INTERRUPTED());
    // The name is looked at by itself: here the chain alone counts.
    const trust = { ...(root === undefined ? {} : { ca: root }), checkServerIdentity: () => undefined };
    const socket = tls.connect({ ...tlsOptions(place, {}), ...trust });
    const interrupt = () => socket.destroy(INTERRUPTED());
    stop.addEventListener("abort", interrupt, { once: true });
    socket.setTimeout(PATIENCE_MILLIS, () => socket.destroy(new Error(`no answer within ${PATIENCE_MILLIS / 1000} s`)));
    let shown: Shown | Error = new Error("it ended the connection");
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerX509Certificate();
      // Node's type says Error, and its value is the code.
      const error = socket.authorized ? undefined : String(socket.authorizationError);
      if (certificate !== undefined) shown = { certificate, error };
      socket.destroy();
    });
    socket.on("error", (error) => {
      if (shown instanceof Error) shown = error;
    });
    socket.once("close", () => {
      stop.removeEventListener("abort", interrupt);
      if (stop.aborted) reject(INTERRUPTED());
      else resolve(shown);
    });
  });
}
