import { X509Certificate } from "node:crypto";
import { dirname, resolve } from "node:path";
import type { EnrollOptions } from "../enroll.js";
import { quoted } from "../shell-word.js";
import { bold, print, printable, printJson } from "../terminal.js";
import type { Checked } from "./check-here.js";
import type { BundlePaths } from "./files.js";
import type { DeviceStore } from "./install/step.js";
import type { Enrolled } from "./service.js";

/** Says what is where now, what to do with it, and whether it works: that comes last, since asking may take its time. */
export async function tellEnrolled(
  enrolled: Enrolled,
  paths: BundlePaths,
  store: DeviceStore | undefined,
  { json, encrypt }: EnrollOptions,
  checking: Promise<Checked | undefined>,
): Promise<void> {
  const notAfter = new Date(new X509Certificate(enrolled.certificateChain).validTo);
  if (json === true) {
    const { deviceName, deviceId, serialNumber } = enrolled;
    const where = { files: paths, installed: store?.name ?? "" };
    const check = await checking;
    printJson({ deviceName, deviceId, serialNumber, notAfter: notAfter.toISOString(), ...where, ...(check && { check }) });
    return;
  }
  print(`Enrolled as ${bold(printable(enrolled.deviceName))} until ${day(notAfter.toISOString())}.`);
  tellFiles(paths, encrypt === true);
  const curl = curlFor(paths);
  if (curl !== undefined) print(`Try it: ${curl} https://YOUR-HOUSE/`);
  if (store !== undefined) {
    print(`Installed into ${store.name}.`);
    print(store.next);
  }
  const checked = await checking;
  if (checked === undefined) return;
  tellChecked(checked, curl, store !== undefined);
  if (paths.key !== undefined && encrypt !== true) tellRenewal(paths.key, checked.url);
}

/** The line for cron, which begins in another folder. */
function tellRenewal(key: string, checkUrl: string): void {
  print(
    `It renews itself from cron, once a day: latchkey enroll renew ${quoted(dirname(resolve(key)))} ${new URL(checkUrl).origin} --if-due`,
  );
}

function tellFiles({ key, certificate, bundle, root }: BundlePaths, isEncrypted: boolean): void {
  const locked = "opens with the invitation's passphrase";
  if (key !== undefined) print(`  Key          ${key} (for this user alone${isEncrypted ? `; ${locked}` : ""})`);
  if (certificate !== undefined) print(`  Certificate  ${certificate}, with the CA that signed it`);
  if (bundle !== undefined) print(`  Bundle       ${bundle} (${locked})`);
  if (root !== undefined) print(`  Root         ${root}: by it the house's own certificate is verified`);
}

/** The files as curl takes them: a bundle, it would ask a person for the passphrase of. */
function curlFor({ key, certificate, root }: BundlePaths): string | undefined {
  if (certificate === undefined) return undefined;
  return `curl --cert ${certificate} --key ${key}${root === undefined ? "" : ` --cacert ${root}`}`;
}

/** The key was shown from memory: what a browser makes of it, only the browser can show. */
function tellChecked(checked: Checked, curl: string | undefined, isInstalled: boolean): void {
  const { url } = checked;
  if ("problem" in checked) {
    const ask = curl === undefined ? `open ${url} in the browser, and choose the certificate` : `${curl} ${url}`;
    print(`Did it work? Not known yet: ${url} ${checked.problem}. The enrolment stands. Ask there later: ${ask}`);
  } else if (checked.status === "valid") {
    print(`Did it work? Yes: ${url} says that this is ${bold(checked.deviceName)}, valid until ${day(checked.notAfter)}.`);
    if (isInstalled) print(`Does the browser show it? Open ${url} there: it must say the same.`);
  } else print(`Did it work? NO: ${url} says that ${NOT_GOOD[checked.status] ?? checked.status}.`);
}

const NOT_GOOD: Readonly<Record<string, string>> = {
  held: "this certificate is held: `latchkey release` lets it in again",
  revoked: "this certificate is revoked",
  expired: "this certificate has ended",
  nobody: "it was shown no certificate of the house's",
};

function day(time: string): string {
  return time.slice(0, 10);
}
