import { SERVICES, type ServiceId } from "../../service/unit.js";
import { bold, print, printJson } from "../terminal.js";
import { readUnit, removeUnit, requireSystemd, unitPath } from "./systemd.js";

const STAYS: Readonly<Record<ServiceId, string>> = {
  ca: "The data folder and the passphrase stay where they are: they are the CA. `latchkey serve --data FOLDER` runs it by hand.",
  enrollment: "Its credential stays: `latchkey revoke` takes its power away.",
  nginx:
    "nginx goes on with the files that it has, until the CRL ends: from then on it refuses everybody. Take its lines out of nginx first.",
};

/** Stops a service and takes its unit away; nothing else. */
export async function removeService(id: ServiceId, { json }: { readonly json?: boolean }): Promise<void> {
  const name = SERVICES[id];
  requireSystemd(`latchkey service remove ${id}`);
  const isThere = (await readUnit(name)) !== undefined;
  if (isThere) await removeUnit(name);
  if (json === true) return printJson({ service: name, wasThere: isThere });
  if (!isThere) return print(`There is no service ${name} (${unitPath(name)}): nothing was changed.`);
  print(`The service ${bold(name)} is stopped, and its unit is gone.`);
  print(`  ${STAYS[id]}`);
}
