import { type KeyObject, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { createDeviceKey, publicKeyOf, requestFor } from "../../../services/enrollment/bundle/device-key.js";
import { NODE_CRYPTOGRAPHY } from "../../../services/enrollment/bundle/node-cryptography.js";
import { keyOfPassphrase, proofOf } from "../../../services/enrollment/bundle/proof.js";
import type { EnrollOptions } from "../enroll.js";
import { CommandError } from "../error.js";
import { makeFolder, removeIfEmpty } from "../make-folder.js";
import { ask } from "../question.js";
import { writeWhole } from "../write-whole.js";
import { checkHere } from "./check-here.js";
import { type BundlePaths, type Identity, packIdentity, pathsIn, refuseOtherFiles, writeFiles } from "./files.js";
import { type Fingerprint, isFirstLine, parseFingerprint } from "./fingerprint.js";
import { type DeviceStore, install } from "./install/step.js";
import { storeOf } from "./install/system-store.js";
import { findKept, forgetKept, type KeptKey, keep, keptPath } from "./kept-key.js";
import { parseLink } from "./link.js";
import { withPassingFile } from "./passing-file.js";
import { withPassphrase } from "./passphrase.js";
import { tellEnrolled } from "./report.js";
import { type Enrolled, openService, type Service } from "./service.js";

/**
 * Enrols this device: makes its key, has it certified, and puts both where they are wanted. All that can be looked at beforehand is, and the key
 * lies on disk before the invitation is used up: whatever fails after that, the same command again goes on where it was.
 */
export async function enrollHere(url: string | undefined, options: EnrollOptions): Promise<void> {
  const link = parseLink(url ?? (await askLink()));
  const store = storeFor(options);
  const fingerprint = await expectedFingerprint(options);
  const choice = { format: options.format, encrypt: options.encrypt === true };
  const paths = options.out === undefined ? {} : pathsIn(options.out, choice, fingerprint !== undefined);
  const folder = options.out ?? workFolder();
  const keptAt = keptPath(folder, link.token);
  const isNew = !existsSync(folder);
  await makeFolder(folder, "The folder");
  try {
    await store?.prepare();
    const service = await openService(link, fingerprint);
    const check = (key?: KeyObject, passphrase?: string) =>
      refuseOtherFiles(paths, options.force === true, { root: service.root, ...(key && { key }), ...(passphrase && { passphrase }) });
    if (!existsSync(keptAt)) await check();
    const { enrolled, identity } = await withPassphrase(options.passphraseFile, async (passphrase) => {
      const kept = await keyFor(keptAt, passphrase, service, (key) => check(key, passphrase));
      const enrolled = await redeem(kept, keptAt, passphrase, service);
      return { enrolled, identity: { ...enrolled, privateKey: kept.privateKey, root: service.root, passphrase } };
    });
    await writeFiles(paths, identity, choice);
    if (store !== undefined) await installInto(store, identity, keptAt, paths);
    await forgetKept(keptAt);
    await tellEnrolled(enrolled, paths, store, options, checkHere(enrolled.checkUrl, identity, service.trust));
  } finally {
    if (isNew || options.out === undefined) await removeIfEmpty(folder);
  }
}

function storeFor({ out, install, nssDb }: EnrollOptions): DeviceStore | undefined {
  if (install === true) return storeOf(process.platform, nssDb);
  if (out === undefined || nssDb !== undefined)
    throw new CommandError("USAGE", "Say where the certificate goes: --out FOLDER, --install (for this user's browsers), or both.");
  return undefined;
}

/** Where `ps` must not show it. */
async function askLink(): Promise<string> {
  if (process.stdin.isTTY) return await ask("Link of the invitation: ");
  throw new CommandError("USAGE", "Name the link of the invitation, as `latchkey invite` prints it.");
}

/** Undefined where this system's own roots are to know the service. */
async function expectedFingerprint({ fingerprint, systemTrust }: EnrollOptions): Promise<Fingerprint | undefined> {
  if (fingerprint !== undefined && systemTrust === true)
    throw new CommandError("USAGE", "Say how the service proves itself: by --fingerprint or by --system-trust, not by both.");
  if (systemTrust === true) return undefined;
  if (fingerprint !== undefined) return parseFingerprint(fingerprint);
  if (process.stdin.isTTY) return parseFingerprint(await askFingerprint());
  throw new CommandError(
    "USAGE",
    "The fingerprint of the house's root certificate is needed, as `latchkey invite` shows it: --fingerprint SHA256. (It shows none? Then the service has a public certificate: --system-trust.)",
  );
}

/** `latchkey invite` prints it on two lines, and a line that is pasted ends the answer. */
async function askFingerprint(): Promise<string> {
  const first = await ask("Fingerprint of the house's root certificate (`latchkey invite` shows it): ");
  return isFirstLine(first) ? `${first}${await ask("Its second line: ")}` : first;
}

/** Where the key waits that is only installed: gone when it is. */
function workFolder(): string {
  return join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "latchkey", "enrolling");
}

/** The key that an interrupted run has kept; else a new one, kept before anybody hears of it. `check` comes before that. */
async function keyFor(path: string, passphrase: string, service: Service, check: (kept?: KeyObject) => Promise<void>): Promise<KeptKey> {
  const found = await findKept(path, passphrase);
  await check(found.kind === "open" ? found.privateKey : undefined);
  if (found.kind === "open") return found;
  const invitationId = await service.invitationId().catch((error: unknown) => {
    if (found.kind === "locked" && error instanceof CommandError && error.code === "INVITATION_REDEEMED")
      throw new CommandError(
        "PROOF_WRONG",
        "The key that was made for this invitation is kept here under another passphrase: type that one.",
      );
    throw error;
  });
  const kept = { invitationId, privateKey: (await createDeviceKey()).privateKey };
  await keep(path, kept, passphrase);
  return kept;
}

async function redeem({ privateKey, invitationId }: KeptKey, keptAt: string, passphrase: string, service: Service): Promise<Enrolled> {
  const passphraseKey = await keyOfPassphrase(passphrase, invitationId, NODE_CRYPTOGRAPHY);
  try {
    const enrolled = await service.enroll(await requestFor(privateKey), proofOf(passphraseKey, publicKeyOf(privateKey), NODE_CRYPTOGRAPHY));
    if (new X509Certificate(enrolled.certificateChain).checkPrivateKey(privateKey)) return enrolled;
    throw new CommandError("SERVICE_UNKNOWN", "The certificate that came is for another key than the one that was made here.");
  } catch (error) {
    // Nothing came of this key, and nothing will.
    if (error instanceof CommandError && /^(PROOF_WRONG|INVITATION_\w+)$/.test(error.code)) await forgetKept(keptAt);
    throw error;
  }
}

/** The bundle lies on disk while it is installed, encrypted, and no longer. */
async function installInto(store: DeviceStore, identity: Identity, keptAt: string, paths: BundlePaths): Promise<void> {
  const bundle = keptAt.replace(/json$/, "p12");
  const root = identity.root === undefined ? undefined : bundle.replace(/p12$/, "root.pem");
  const rootName = identity.root === undefined ? "" : nameOf(identity.root);
  const consequence =
    Object.keys(paths).length > 0
      ? "The files are written: mend it, and run the same command again with --force."
      : "Nothing is lost: mend it, and run the same command again within ten minutes, or while somebody is invited.";
  try {
    if (root !== undefined) await writeWhole(root, identity.root ?? "", { secret: false, force: true });
    await withPassingFile(bundle, await packIdentity(identity, store.format), () =>
      install(store, { bundle, passphrase: identity.passphrase, root, rootName }, consequence),
    );
  } finally {
    if (root !== undefined) await rm(root, { force: true });
  }
}

function nameOf(root: string): string {
  return /^CN=(.+)$/m.exec(new X509Certificate(root).subject)?.[1] ?? "Latchkey";
}
