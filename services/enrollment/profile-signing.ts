import { isDueForRenewal } from "../../clients/connect/credential.js";
import type { ProfileSigner } from "../../clients/connect/profile-signer.js";
import type { Log } from "../log.js";
import { signProfile } from "./sign-profile.js";

/** How the profiles that the service packs are signed. */
export interface ProfileSigning {
  /** The profile signed; unsigned where it can't be. */
  sign(profile: Uint8Array): Promise<Uint8Array>;
  /** Has another certificate made if two thirds of its life are over. Throws CallError: the old one goes on. */
  renewIfDue(at: Date): Promise<void>;
  /** Goes on with the one that the CA has put in place of this one. */
  adopt(signer: ProfileSigner): void;
}

/** Where nobody wants them signed. */
export const UNSIGNED: ProfileSigning = {
  sign: async (profile) => profile,
  renewIfDue: async () => {},
  adopt: () => {},
};

export interface ProfileSigningOptions {
  /** A certificate of the user's own, as it is now, which is the user's to renew: phones trust it before any root is installed. */
  readonly own: (() => ProfileSigner) | undefined;
  /** What the CA keeps for the service. */
  readonly kept: ProfileSigner | undefined;
  /** Has the CA certify a new key. */
  readonly request: () => Promise<ProfileSigner>;
  readonly log: Log;
}

/** Signs by the user's own certificate, else by one that is made for it. Without one phones enrol all the same, and the next profile asks again. */
export async function openProfileSigning({ own, kept, request, log }: ProfileSigningOptions): Promise<ProfileSigning> {
  let signer = kept;
  let asked: Promise<ProfileSigner> | undefined;

  /** Phones that come at once ask once. */
  function ask(): Promise<ProfileSigner> {
    asked ??= request()
      .then((next) => {
        signer = next;
        return next;
      })
      .finally(() => {
        asked = undefined;
      });
    return asked;
  }
  const fail = (error: unknown) =>
    log("service.failed", { what: "signing a profile", error: error instanceof Error ? error.message : String(error) });

  if (own === undefined && signer === undefined) await ask().catch(fail);
  return {
    async sign(profile) {
      try {
        return await signProfile(profile, own?.() ?? signer ?? (await ask()), new Date());
      } catch (error) {
        // The invitation is used up by now: an unsigned profile installs, too.
        fail(error);
        return profile;
      }
    },
    async renewIfDue(at) {
      if (own === undefined && (signer === undefined || isDueForRenewal(signer.certificate, at))) await ask();
    },
    adopt(next) {
      signer = next;
    },
  };
}
