import { type Credential, PROFILE_SIGNER_FILE, readCredential, readKeptFile, SERVER_FILE } from "../../clients/connect/credential.js";
import type { ProfileSigner } from "../../clients/connect/profile-signer.js";
import type { ServerCertificate } from "../../clients/connect/server-certificate.js";
import { automaticLan, configuredLan, type Lan } from "./lan.js";

/**
 * What the service stands on: its LAN, the names it is called by, and what the CA keeps for it in its credential folder. All of
 * it may change while it runs: a router gives this host another address (DHCP), a credential is revoked and made anew.
 */
export interface Place {
  lan(): Lan;
  names(): readonly string[];
  /** The certificate that is kept for it. Undefined where nobody keeps one: then the service asks for its own. */
  certificate(): ServerCertificate | undefined;
  /** So is what signs its profiles. */
  profileSigner(): ProfileSigner | undefined;
  /** Looks again, and answers what was replaced in the folder. What can't be read stays as it was. */
  look(): Promise<Replaced>;
}

export interface Replaced {
  readonly credential: Credential | undefined;
  readonly certificate: ServerCertificate | undefined;
  readonly profileSigner: ProfileSigner | undefined;
}

export async function findPlace(
  first: Credential,
  configured: { readonly lan: readonly string[] | undefined; readonly names: readonly string[] },
): Promise<Place> {
  const findLan = () => (configured.lan === undefined ? automaticLan() : configuredLan(configured.lan));
  let lan = findLan();
  let credential = first;
  const server = await openKept(first.folder, SERVER_FILE);
  const profileSigner = await openKept(first.folder, PROFILE_SIGNER_FILE);
  return {
    lan: () => lan,
    names: () => [...(credential.serverNames ?? []), ...configured.names],
    certificate: server.current,
    profileSigner: profileSigner.current,
    async look() {
      lan = findLan();
      // Whoever takes the folder away takes nothing from the service that runs.
      const present = await readCredential(first.folder).catch(() => credential);
      const isReplaced = present.certificate !== credential.certificate;
      credential = present;
      return {
        credential: isReplaced ? credential : undefined,
        certificate: await server.look(),
        profileSigner: await profileSigner.look(),
      };
    },
  };
}

/** A file that the CA keeps: certificate, chain and key. */
async function openKept(folder: string, name: Parameters<typeof readKeptFile>[1]) {
  let kept = await readKeptFile(folder, name);
  const current = () => (kept === undefined ? undefined : { certificate: kept, key: kept });
  return {
    current,
    /** What it holds now, if that is something else. */
    async look() {
      const file = (await readKeptFile(folder, name)) ?? kept;
      const isReplaced = file !== kept;
      kept = file;
      return isReplaced ? current() : undefined;
    },
  };
}
