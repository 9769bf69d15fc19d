import { BUNDLE_FILES, type BundleFormat } from "../bundle/formats.js";
import { pack } from "../bundle/pack.js";
import { encodePem } from "../bundle/pem.js";
import { keyOfPassphrase, proofOf } from "../bundle/proof.js";
import { createDeviceKey, type DeviceKey } from "./device-key.js";
import { findKept, forgetKept, keep, openKept, storageKeyOf } from "./kept-key.js";
import { type Enrolled, enroll, Refused, refuseUnlessOpen, upload } from "./service.js";
import { WEB_CRYPTOGRAPHY } from "./web-cryptography.js";

export interface OwnKeyEnrollment {
  readonly token: string;
  readonly invitationId: string;
  readonly deviceName: string;
  readonly passphrase: string;
  readonly format: BundleFormat;
  readonly platform: string;
}

/** Where the bundle is: in this page (a `blob:` address), or at the service, from where a navigation fetches it. */
export type Delivery =
  | { readonly kind: "file"; readonly url: string; readonly fileName: string }
  | { readonly kind: "path"; readonly path: string };

/**
 * Enrols with a key that is made here and leaves this page only inside the bundle, encrypted under the passphrase. All that can fail here is
 * done once before the invitation is used up; after that, the same call again goes on where it was. Throws Refused, or TypeError when the
 * network fails for long.
 */
export async function enrollWithOwnKey(enrollment: OwnKeyEnrollment): Promise<Delivery> {
  const { token, invitationId, deviceName, passphrase, format, platform } = enrollment;
  const passphraseKey = await keyOfPassphrase(passphrase, invitationId, WEB_CRYPTOGRAPHY);
  const key = await keyFor(token, storageKeyOf(passphraseKey));
  await packFor(enrollment, key, rehearsal(enrollment));
  await keep(token, { invitationId, deviceName, format, platform }, key, storageKeyOf(passphraseKey));
  const enrolled = await enroll(token, key.csr, proofOf(passphraseKey, key.publicKey, WEB_CRYPTOGRAPHY)).catch((error: unknown) => {
    // Nothing came of this key, and nothing will. One that is kept was never refused: it may have a certificate already.
    if (error instanceof Refused && /^(PROOF_WRONG|INVITATION_\w+)$/.test(error.code)) forgetKept(token);
    throw error;
  });
  return await deliver(await packFor(enrollment, key, enrolled), enrollment, enrolled);
}

/** The key that this tab has kept. One that does not open has come to nothing while the invitation is open: it was kept under a typo, perhaps. */
async function keyFor(token: string, storageKey: Uint8Array): Promise<DeviceKey> {
  const kept = findKept(token);
  const key = kept && (await openKept(kept, storageKey));
  if (key !== undefined) return key;
  if (kept !== undefined) await refuseUnlessOpen(token).catch(refuseOtherPassphrase);
  return await createDeviceKey();
}

/** Of an invitation that has been used: the key that is kept has used it. */
function refuseOtherPassphrase(error: unknown): never {
  if (!(error instanceof Refused) || error.code !== "INVITATION_REDEEMED") throw error;
  throw new Refused("PROOF_WRONG", "The key that was made here is kept under another passphrase.");
}

type Certified = Pick<Enrolled, "certificateChain" | "roots" | "deviceName" | "deviceId">;

/** A certificate that is none: what this browser can't pack, it can't pack now, either. */
function rehearsal({ deviceName, invitationId }: OwnKeyEnrollment): Certified {
  return { certificateChain: encodePem("CERTIFICATE", Uint8Array.of(0x30, 0x00)), roots: [], deviceName, deviceId: invitationId };
}

async function packFor({ passphrase, format }: OwnKeyEnrollment, { privateKey }: DeviceKey, certified: Certified): Promise<Uint8Array> {
  const { certificateChain, roots, deviceName, deviceId } = certified;
  const content = { privateKey, certificateChain, anchors: roots, deviceName, deviceId, passphrase };
  return await pack(format, content, WEB_CRYPTOGRAPHY);
}

async function deliver(bundle: Uint8Array, { deviceName, format }: OwnKeyEnrollment, { uploadTicket }: Enrolled): Promise<Delivery> {
  // iOS installs a profile that a navigation brings, and not one from a `blob:`.
  if (format === "mobileconfig") return { kind: "path", path: await upload(uploadTicket, bundle) };
  const { contentType, extension } = BUNDLE_FILES[format];
  const url = URL.createObjectURL(new Blob([new Uint8Array(bundle)], { type: contentType }));
  return { kind: "file", url, fileName: `${fileNameOf(deviceName)}.${extension}` };
}

function fileNameOf(deviceName: string): string {
  return deviceName.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-").replaceAll(/^[-.]+|-+$/g, "") || "device";
}
