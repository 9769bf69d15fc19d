import { LatchkeyError } from "../../authority/error.js";
import type { DeviceName, DeviceRecord } from "../../authority/types.js";
import type { Store } from "../store.js";
import type { Engine } from "./engine.js";
import type { Reads, Transaction } from "./group-commit.js";
import { key } from "./key.js";
import { json, readJson } from "./value.js";

export function devices({ commits }: Engine): Pick<Store, "getDevice"> {
  return { getDevice: async (name) => findDevice(commits.committed, name) };
}

/** Makes the device, or keeps it. Throws DEVICE_NAME_TAKEN if the name belongs to a device with another id. */
export function putDevice(transaction: Transaction, device: DeviceRecord): void {
  const known = findDevice(transaction, device.name);
  if (known !== undefined && known.id !== device.id) {
    throw new LatchkeyError("DEVICE_NAME_TAKEN", `There is another device "${device.name}" already: choose another name.`);
  }
  transaction.put(key.device(device.name), json(device));
}

function findDevice(reads: Reads, name: DeviceName): DeviceRecord | undefined {
  const value = reads.get(key.device(name));
  return value === undefined ? undefined : readJson<DeviceRecord>(value);
}
