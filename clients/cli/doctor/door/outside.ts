import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadSettings } from "../../../../services/settings.js";
import { nothingThere } from "../../../connect/nothing-there.js";
import { type Finding, found, ok, skipped } from "../finding.js";
import { formatHostPort, parseHostPort } from "../host-port.js";
import type { Door } from "./door.js";
import { show } from "./show.js";

const WHAT = "Whether the enrolment service can be reached from outside";
const TRY_IT = "Try it from a phone that is not on the Wi-Fi: nothing may answer there.";

/**
 * Whether the ports that are the LAN's alone can be reached by the public address. From inside that can only be seen where the router
 * leads such connections back in (hairpin): where even the door does not answer by that address, nothing is known.
 */
export async function* lookFromOutside(door: Door): AsyncGenerator<Finding> {
  const { addresses, data, place, shown, stop } = door;
  if (addresses.public === undefined) return yield skipped(`${WHAT}: --public-address says where outside is.`);
  const run = data === undefined ? undefined : await readPorts(data);
  if (data === undefined || run === undefined) return yield skipped(`${WHAT}: its port is known on the CA's host, while the CA runs.`);
  const through = await show({ ...place, connect: { host: addresses.public, port: place.port } }, undefined, stop);
  if (shown instanceof Error || !isSame(shown, through)) {
    const where = formatHostPort(addresses.public, place.port);
    return yield skipped(`${WHAT}: it can't be looked at from inside, as not even the door answers at ${where} here. ${TRY_IT}`);
  }
  yield await lookAtPort(door, addresses.public, run.enroll, {
    what: "the enrolment service",
    open: (where) =>
      found(
        "ENROLLMENT_REACHABLE_FROM_OUTSIDE",
        `The enrolment service answers at ${where}: the router lets the world as far as the page that is the LAN's alone.`,
        "Take the port forwarding (or the firewall's rule) for that port away. Phones enrol on the Wi-Fi.",
      ),
  });
  const { settings } = await loadSettings({ flags: { data }, env: process.env });
  yield await lookAtPort(door, addresses.public, run.devices, {
    what: "the devices' port",
    open: (where) =>
      settings.devices.host === undefined
        ? found(
            "DEVICES_PORT_REACHABLE_FROM_OUTSIDE",
            `The devices' port answers at ${where}.`,
            "Take the port forwarding for it away; or, if that is meant (docs/devices-port.md), say so: `devices.host` in the settings.",
          )
        : ok(`The devices' port answers at ${where}, as \`devices.host\` says that it shall.`),
  });
}

interface PortLook {
  readonly what: string;
  readonly open: (where: string) => Finding;
}

/** Is what answers there the very service that listens here? Another's port of the same number is none of ours. */
async function lookAtPort({ place, stop }: Door, address: string, listen: string, { what, open }: PortLook): Promise<Finding> {
  const local = parseHostPort(listen);
  if (local === undefined) return ok(`${capital(what)} does not run beside the CA: nothing of it can be reached from outside.`);
  const here = await show({ ...place, connect: local }, undefined, stop);
  if (here instanceof Error)
    return skipped(`Whether ${what} can be reached from outside: it does not answer here either (${here.message}).`);
  const there = await show({ ...place, connect: { host: address, port: local.port } }, undefined, stop);
  const where = formatHostPort(address, local.port);
  return isSame(here, there) ? open(where) : ok(`${capital(what)} does not answer at ${where}.`);
}

function isSame(one: Awaited<ReturnType<typeof show>>, other: Awaited<ReturnType<typeof show>>): boolean {
  if (one instanceof Error || other instanceof Error) return false;
  return one.certificate.fingerprint256 === other.certificate.fingerprint256;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where the enrolment service of the CA that runs on this folder listens: `host:port`, or empty where none does. */
async function readPorts(data: string): Promise<{ readonly enroll: string; readonly devices: string } | undefined> {
  const text = await readFile(join(data, "run.json"), "utf8").catch(nothingThere);
  return text === undefined ? undefined : (JSON.parse(text) as { enroll: string; devices: string });
}
