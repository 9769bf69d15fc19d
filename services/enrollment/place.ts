import { type Credential, PROFILE_SIGNER_FILE, readCredential, readKeptFile, SERVER_FILE } from "../../clients/connect/credential.js";
import { nothingThere } from "../../clients/connect/nothing-there.js";
import type { ProfileSigner } from "../../clients/connect/profile-signer.js";
import type { ServerCertificate } from "../../clients/connect/server-certificate.js";
import { automaticLan, type Lan, namedLan } from "./lan.js";

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
  /**
   * Looks again, and answers what was replaced in the folder. What is not there any more stays as it was: whoever takes the folder away takes
   * nothing from the service that runs. So does what can't be read; but why it can't is thrown, once.
   */
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
  const findLan = () => (configured.lan === undefined ? automaticLan() : namedLan(configured.lan));
  let lan = findLan();
  let credential = first;
  const read = readerOf(first.folder);
  const server = keep(await readKeptFile(first.folder, SERVER_FILE));
  const profileSigner = keep(await readKeptFile(first.folder, PROFILE_SIGNER_FILE));
  return {
    lan: () => lan,
    names: () => [...(credential.serverNames ?? []), ...configured.names],
    certificate: server.current,
    profileSigner: profileSigner.current,
    async look() {
      lan = findLan();
      // All is read before anything counts as replaced: what is thrown here takes nothing from the next look.
      const present = (await read("credential", readCredential)) ?? credential;
      const [serverFile, signerFile] = [await read(SERVER_FILE, readKeptFile), await read(PROFILE_SIGNER_FILE, readKeptFile)];
      const isReplaced = present.certificate !== credential.certificate;
      credential = present;
      return {
        credential: isReplaced ? credential : undefined,
        certificate: server.replace(serverFile),
        profileSigner: profileSigner.replace(signerFile),
      };
    },
  };
}

/** A file that the CA keeps: certificate, chain and key. */
function keep(first: string | undefined) {
  let kept = first;
  const current = () => (kept === undefined ? undefined : { certificate: kept, key: kept });
  return {
    current,
    /** What it holds now, if that is something else. */
    replace(file = kept) {
      const isReplaced = file !== kept;
      kept = file;
      return isReplaced ? current() : undefined;
    },
  };
}

/** Reads a file of the folder: undefined where there is none, and where it can't be read for a reason that was thrown before. */
function readerOf(folder: string) {
  const told = new Map<string, string>();
  return async <Name extends string, T>(name: Name, what: (folder: string, name: Name) => Promise<T>): Promise<T | undefined> => {
    try {
      const found = await what(folder, name).catch(nothingThere);
      told.delete(name);
      return found;
    } catch (error) {
      if (told.get(name) === String(error)) return undefined;
      told.set(name, String(error));
      throw error;
    }
  };
}
