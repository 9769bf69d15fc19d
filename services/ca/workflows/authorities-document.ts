import { decodePem, encodePem } from "../authority/der/pem.js";
import { LatchkeyError } from "../authority/error.js";
import type { AdoptedId, Der } from "../authority/types.js";
import type { Store } from "../store/store.js";

/** Where the authorities' certificates stand in the store, and which file holds which key. */
const DOCUMENT = "authorities";

export interface AuthoritiesDocument {
  readonly devices: KeyedCertificate;
  readonly operators: KeyedCertificate;
  readonly servers: {
    /** The sealed root. */
    readonly root: KeyedCertificate;
    /** Newest first: the first one signs. */
    readonly intermediates: readonly KeyedCertificate[];
    readonly domains: readonly string[];
  };
  /** CAs that were taken over, or are being taken over. */
  readonly adopted?: readonly AdoptedCertificate[];
}

export interface AdoptedCertificate extends KeyedCertificate {
  readonly id: AdoptedId;
  /** The number of its own last CRL, in decimal; empty if none is known. */
  readonly lastCrlNumber: string;
  /** Not before all that it had revoked is in the store: else who was revoked would be let in again. */
  readonly isTrusted: boolean;
  /** ISO 8601: since then nobody trusts it any more, for good. */
  readonly revokedAt?: string;
}

export interface KeyedCertificate {
  /** PEM. */
  readonly certificate: string;
  /** In the folder `keys`. */
  readonly keyFile: string;
}

/** Has this store seen its first run? */
export async function haveAuthorities(store: Store): Promise<boolean> {
  return (await store.getDocument(DOCUMENT)) !== undefined;
}

export function pem(certificate: Der): string {
  return encodePem("CERTIFICATE", certificate);
}

export function der(certificatePem: string): Der {
  const [certificate] = decodePem("CERTIFICATE", certificatePem);
  if (certificate === undefined)
    throw new LatchkeyError("STORE_CORRUPT", "An authority's certificate is missing in the store: restore a backup.");
  return certificate;
}

/** Throws STORE_CORRUPT when there is none. */
export async function readDocument(store: Store): Promise<AuthoritiesDocument> {
  const content = await store.getDocument(DOCUMENT);
  if (content === undefined)
    throw new LatchkeyError("STORE_CORRUPT", "The store holds no authorities: restore a backup, or begin anew in an empty data folder.");
  return JSON.parse(new TextDecoder().decode(content)) as AuthoritiesDocument;
}

export async function writeDocument(
  store: Store,
  document: AuthoritiesDocument,
  audit: Parameters<Store["putDocument"]>[2],
): Promise<void> {
  await store.putDocument(DOCUMENT, new TextEncoder().encode(JSON.stringify(document)), audit);
}
