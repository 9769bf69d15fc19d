import { X509Certificate } from "node:crypto";
import type { EnrollOptions } from "../enroll.js";
import { bold, print, printable, printJson } from "../terminal.js";
import type { BundlePaths } from "./files.js";
import type { DeviceStore } from "./install/step.js";
import type { Enrolled } from "./service.js";

/** Says what is where now, and what to do with it. */
export function tellEnrolled(
  { deviceName, deviceId, serialNumber, certificateChain }: Enrolled,
  paths: BundlePaths,
  store: DeviceStore | undefined,
  { json, encrypt }: EnrollOptions,
): void {
  const notAfter = new Date(new X509Certificate(certificateChain).validTo);
  if (json === true) {
    printJson({ deviceName, deviceId, serialNumber, notAfter: notAfter.toISOString(), files: paths, installed: store?.name ?? "" });
    return;
  }
  print(`Enrolled as ${bold(printable(deviceName))} until ${notAfter.toISOString().slice(0, 10)}.`);
  const { key, certificate, bundle, root } = paths;
  const locked = "opens with the invitation's passphrase";
  if (key !== undefined) print(`  Key          ${key} (for this user alone${encrypt === true ? `; ${locked}` : ""})`);
  if (certificate !== undefined) print(`  Certificate  ${certificate}, with the CA that signed it`);
  if (bundle !== undefined) print(`  Bundle       ${bundle} (${locked})`);
  if (root !== undefined) print(`  Root         ${root}: by it the house's own certificate is verified`);
  if (certificate !== undefined) {
    const trust = root === undefined ? "" : ` --cacert ${root}`;
    print(`Try it: curl --cert ${certificate} --key ${key}${trust} https://YOUR-HOUSE/`);
  }
  if (store !== undefined) {
    print(`Installed into ${store.name}.`);
    print(store.next);
  }
}
