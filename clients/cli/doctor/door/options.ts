import type { Command } from "commander";
import { waitSeconds } from "../../enforcement.js";
import { CommandError } from "../../error.js";
import type { House } from "../house.js";
import type { Door } from "./door.js";
import { type DoorPlace, parseAddress, parsePlace } from "./place.js";
import { show } from "./show.js";

export interface DoorOptions {
  readonly url?: string;
  readonly connect?: string;
  readonly lanAddress?: string;
  readonly publicAddress?: string;
  readonly publicResolver?: string;
  /** commander's `--no-websocket` makes it false. */
  readonly websocket?: string | false;
  readonly canary: boolean;
  readonly wait: string;
}

/** What the options say, before anything is looked at. */
export type DoorRequest = Omit<Door, "ca" | "data" | "shown" | "stop">;

const HOME_ASSISTANT = "/api/websocket";

export function withDoorOptions(command: Command): Command {
  return command
    .option("--url <url>", "look at the door, too, as a phone does: https://home.example.com")
    .option("--connect <host:port>", "with --url: where the door is, whatever DNS says")
    .option("--lan-address <address>", "with --url: what its name has to resolve to here")
    .option("--public-address <address>", "with --url: the address that the world reaches this house by")
    .option("--public-resolver <address>", "with --public-address: a DNS server outside to ask, which then learns the name (1.1.1.1)")
    .option("--websocket <path>", `with --url: where a WebSocket is (${HOME_ASSISTANT})`)
    .option("--no-websocket", "with --url: there is none")
    .option("--no-canary", "with --url: issue and revoke nothing; whether a good device gets in is not seen then")
    .option("--wait <time>", "how long to wait for the nginx hooks to enforce the canary's revocation (10s, 2m)", "30s");
}

/** Undefined without `--url`. Throws USAGE. */
export function readDoorOptions(options: DoorOptions): DoorRequest | undefined {
  const { url, connect, lanAddress, publicAddress, publicResolver, websocket } = options;
  const addresses = {
    lan: parseAddress("--lan-address", lanAddress),
    public: parseAddress("--public-address", publicAddress),
    resolver: publicResolver,
  };
  if (typeof websocket === "string" && !websocket.startsWith("/"))
    throw new CommandError("USAGE", `"${websocket}" is no path: write e.g. --websocket ${HOME_ASSISTANT}.`);
  const seconds = waitSeconds(options);
  if (url === undefined) {
    const alone = [connect, lanAddress, publicAddress, publicResolver, websocket || undefined].some((one) => one !== undefined);
    if (alone) throw new CommandError("USAGE", "Say which door is meant: --url https://home.example.com.");
    return undefined;
  }
  const place: DoorPlace = parsePlace(url, connect);
  return {
    place,
    addresses,
    websocket: websocket === false ? undefined : { path: websocket ?? HOME_ASSISTANT, isChosen: websocket !== undefined },
    withCanary: options.canary,
    waitSeconds: seconds,
  };
}

/** Goes to the door. */
export async function reachDoor(request: DoorRequest, { ca, data }: House, stop: AbortSignal): Promise<Door> {
  return { ...request, ca, data, stop, shown: await show(request.place, undefined, stop) };
}
