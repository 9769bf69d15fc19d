import { type Credential, readCredential, readServerFile } from "../../clients/connect/credential.js";
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
  /** Looks again, and answers what was replaced in the folder. What can't be read stays as it was. */
  look(): Promise<{ readonly credential: Credential | undefined; readonly certificate: ServerCertificate | undefined }>;
}

export async function findPlace(
  first: Credential,
  configured: { readonly lan: readonly string[] | undefined; readonly names: readonly string[] },
): Promise<Place> {
  const findLan = () => (configured.lan === undefined ? automaticLan() : configuredLan(configured.lan));
  let lan = findLan();
  let credential = first;
  let kept = await readServerFile(first.folder);
  const certificate = () => (kept === undefined ? undefined : { certificate: kept, key: kept });
  return {
    lan: () => lan,
    names: () => [...(credential.serverNames ?? []), ...configured.names],
    certificate,
    async look() {
      lan = findLan();
      // Whoever takes the folder away takes nothing from the service that runs.
      const present = await readCredential(first.folder).catch(() => credential);
      const file = (await readServerFile(first.folder)) ?? kept;
      const isReplaced = { credential: present.certificate !== credential.certificate, certificate: file !== kept };
      credential = present;
      kept = file;
      return {
        credential: isReplaced.credential ? credential : undefined,
        certificate: isReplaced.certificate ? certificate() : undefined,
      };
    },
  };
}
