import { createPrivateKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { createDeviceKey, publicKeyOf, requestFor } from "../../../services/enrollment/bundle/device-key.js";
import { isDueForRenewal } from "../../connect/credential.js";
import { nothingThere } from "../../connect/nothing-there.js";
import { CommandError } from "../error.js";
import { readNamed } from "../read-named.js";
import { bold, print, printable, printJson } from "../terminal.js";
import { writeWhole } from "../write-whole.js";
import { type Place, placeOf } from "./ask-service.js";
import { askJson } from "./service.js";

export interface RenewOptions {
  readonly ifDue?: boolean;
  readonly revokeOld?: boolean;
  readonly json?: boolean;
}

interface Renewed {
  readonly serialNumber: string;
  readonly deviceName: string;
  readonly notAfter: string;
  readonly certificateChain: string;
}

const LARGEST_PEM_OCTETS = 256 * 1024;

/**
 * Gets the next certificate with the one that is in the folder, for a new key. The key is kept beside the old one before anybody hears of it, and
 * takes its place after the certificate has: whatever fails in between, the same command again ends it. Throws what `askJson` throws.
 */
export async function renewHere(folder: string, url: string, { ifDue, revokeOld, json }: RenewOptions): Promise<void> {
  const place = parsePlace(url);
  const paths = { key: join(folder, "key.pem"), certificate: join(folder, "certificate.pem"), root: join(folder, "root.pem") };
  const keptAt = join(folder, ".renewal-key.pem");
  const certificate = (await readNamed(paths.certificate, "The certificate", LARGEST_PEM_OCTETS)).toString();
  const kept = await readKept(keptAt);
  const old = new X509Certificate(certificate);
  if (kept !== undefined && old.checkPrivateKey(kept)) {
    // The run before ended between the two.
    await rename(keptAt, paths.key);
    return tell(old, "", json);
  }
  if (ifDue === true && !isDueForRenewal(certificate, new Date())) {
    if (json === true) printJson({ renewed: false, notAfter: new Date(old.validTo).toISOString() });
    else print(`Not due yet: it is good until ${new Date(old.validTo).toISOString().slice(0, 10)}.`);
    return;
  }
  const key = await readKey(paths.key);
  const next = kept ?? (await createDeviceKey()).privateKey;
  if (kept === undefined) await writeWhole(keptAt, next.export({ format: "pem", type: "pkcs8" }), { secret: true, force: true });
  const renewed = await askJson<Renewed>(
    place,
    {
      path: "/api/v1/renewals",
      body: {
        csr: Buffer.from(await requestFor(next)).toString("base64"),
        signature: sign("sha256", wishOf(old, next, revokeOld === true), key).toString("base64"),
        revokeOld: revokeOld === true,
      },
      identity: { certificate, key: key.export({ format: "pem", type: "pkcs8" }).toString() },
    },
    await trustOf(paths.root),
  ).catch(async (error: unknown) => {
    // What was issued for the kept key may be revoked, where the old certificate is not: the next run begins with another key.
    if (error instanceof CommandError && error.code === "CERTIFICATE_REVOKED") await rm(keptAt, { force: true });
    throw error instanceof CommandError && OF_THE_ENROLMENT_PORT.has(error.code) ? notThere(place, error) : error;
  });
  const fresh = new X509Certificate(renewed.certificateChain);
  if (!fresh.checkPrivateKey(next))
    throw new CommandError("SERVICE_UNKNOWN", "The certificate that came is for another key than the one that was made here.");
  await writeWhole(paths.certificate, renewed.certificateChain, { secret: false, force: true });
  await rename(keptAt, paths.key);
  tell(fresh, renewed.deviceName, json);
}

/**
 * What docs/devices-port.md has the old key sign. The CA makes its own (`authority/holder-signature.ts`): both are held against
 * test/vectors/renewal-message.json.
 */
export function wishOf(old: X509Certificate, next: KeyObject, revokeOld: boolean): Uint8Array {
  const hex = old.serialNumber.toLowerCase();
  const serialNumber = hex.length % 2 === 0 ? hex : `0${hex}`;
  const words = `latchkey renewal v1\0${serialNumber}\0${revokeOld ? "revoke" : "keep"}\0`;
  return Buffer.concat([Buffer.from(words), publicKeyOf(next)]);
}

/** What the enrolment port, which is two below by default, says to a renewal: that there is no such thing, or that it is closed. */
const OF_THE_ENROLMENT_PORT: ReadonlySet<string> = new Set(["FIELD_INVALID", "ENROLLMENT_CLOSED"]);

function notThere({ host, port }: Place, cause: Error): CommandError {
  return new CommandError(
    "SERVICE_UNKNOWN",
    `Nothing is renewed at ${host}:${port}: that is not the devices' port. \`latchkey enroll\` told its address at its end ("Did it work?"); by default it is two above the enrolment port.`,
    { cause },
  );
}

function parsePlace(text: string): Place {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.pathname !== "/")
    throw new CommandError("USAGE", "Name the devices' port as `latchkey serve` shows it: https://HOST:8445.");
  return placeOf(url);
}

async function readKey(path: string): Promise<KeyObject> {
  const pem = await readNamed(path, "The key", LARGEST_PEM_OCTETS);
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const message = `${path} is no key that opens without a passphrase: renewing by itself needs one (\`latchkey enroll\` without --encrypt).`;
    throw new CommandError("FILE_UNREADABLE", message, { cause });
  }
}

async function readKept(path: string): Promise<KeyObject | undefined> {
  const pem = await readFile(path).catch(nothingThere);
  try {
    return pem === undefined ? undefined : createPrivateKey(pem);
  } catch {
    // Not ours: it was written whole.
    await rm(path, { force: true });
    return undefined;
  }
}

/** Without a root of the house's in the folder, the service showed a public certificate. */
async function trustOf(path: string): Promise<{ root: string } | "system"> {
  const root = await readFile(path, "utf8").catch(nothingThere);
  return root === undefined ? "system" : { root };
}

function tell(certificate: X509Certificate, deviceName: string, json: boolean | undefined): void {
  const notAfter = new Date(certificate.validTo).toISOString();
  const serialNumber = certificate.serialNumber.toLowerCase();
  const name = deviceName === "" ? (/^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? "") : deviceName;
  if (json === true) printJson({ renewed: true, deviceName: name, serialNumber, notAfter });
  else
    print(`Renewed ${bold(printable(name))} until ${notAfter.slice(0, 10)}. Have what uses key.pem and certificate.pem read them again.`);
}
