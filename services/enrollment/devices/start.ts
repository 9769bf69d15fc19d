import { type Connection, call } from "../../../clients/connect/connect.js";
import { GetTrustBundleRequest } from "../../../generated/latchkey/v1/publication_service.js";
import { explainListening } from "../../address.js";
import type { Log } from "../../log.js";
import { createLimits } from "../limits.js";
import { createDevicesApp } from "./app.js";
import { createDevicesListener, type DevicesListener, type DevicesListenerOptions } from "./listener.js";

export interface DevicesOptions {
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
  readonly trustedProxies: readonly string[];
}

export interface RunningDevices {
  readonly listener: DevicesListener;
  /** `host:port` as really bound; empty when the port can't be had. */
  readonly address: string;
  /** Why not. */
  readonly problem?: string;
}

/** Opens the devices' port, where one is wanted. Phones can enrol without it: a port that is taken is told, and nothing more. */
export async function startDevices(
  devices: DevicesOptions | undefined,
  parts: Pick<DevicesListenerOptions, "identity" | "lan" | "refusals"> & { readonly connection: () => Connection; readonly log: Log },
): Promise<RunningDevices | undefined> {
  if (devices === undefined) return undefined;
  const { connection, identity, lan, log, refusals } = parts;
  const { anchors } = await call(connection().publication, "getTrustBundle", GetTrustBundleRequest.create());
  const devicesCa = anchors.find(({ authority }) => authority === "devices")?.certificate ?? "";
  const app = { connection, limits: createLimits(), refusals, log };
  const listener = createDevicesListener({
    identity,
    lan,
    refusals,
    devicesCa,
    trustedProxies: devices.trustedProxies,
    app: (clientOf) => createDevicesApp(app, clientOf),
  });
  try {
    return { listener, address: await listener.listen(devices.listen) };
  } catch (cause) {
    return { listener, address: "", problem: explainListening(devices.listen, "--devices", cause) };
  }
}
