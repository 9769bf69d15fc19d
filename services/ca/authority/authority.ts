import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { type Certificate, parseCertificate, subjectKeyIdentifier } from "./certificate.js";
import { refuseMalformed } from "./der/error.js";
import { LatchkeyError } from "./error.js";
import { keyIdentifierOf } from "./key-identifier.js";
import { type PermittedNames, readPermittedNames } from "./name-constraints.js";
import { OID } from "./object-identifiers.js";
import type { Signer } from "./signer.js";
import type { AuthorityId, Der } from "./types.js";

/** A CA that can sign: its certificate and its key, known to belong together. */
export interface Authority {
  readonly id: AuthorityId;
  /** The issuing certificate; of `servers` the intermediate. */
  readonly certificate: Der;
  /** The Name that its certificates and CRLs bear as issuer. */
  readonly subject: Der;
  readonly keyIdentifier: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** What relying parties trust; of `servers` the root, else the certificate itself. */
  readonly anchor: Der;
  readonly signer: Signer;
  /** What its signatures are verified with. */
  readonly verificationKey: KeyObject;
  /** `servers` only: what its certificate's nameConstraints permit. */
  readonly permittedNames?: PermittedNames;
}

/**
 * Joins an authority's certificate, the anchor above it (the same, if there is one tier) and its key.
 * Throws STORE_CORRUPT if they don't belong together.
 */
export function readAuthority(id: AuthorityId, certificate: Der, anchor: Der, signer: Signer): Authority {
  const parsed = refuseMalformed("STORE_CORRUPT", `The certificate of \`${id}\` can't be read`, () => parseCertificate(certificate));
  if (!Buffer.from(parsed.publicKey).equals(signer.publicKey)) {
    throw corrupt(id, "its key is not the one that its certificate names. Put back the keys and the store from the same backup");
  }
  checkSignedBy(id, certificate, anchor);
  const constraints = parsed.extensions.get(OID.nameConstraints);
  return {
    id,
    certificate,
    subject: parsed.subject,
    keyIdentifier: keyIdentifier(parsed),
    notBefore: parsed.notBefore,
    notAfter: parsed.notAfter,
    anchor,
    signer,
    verificationKey: createPublicKey({ key: Buffer.from(parsed.publicKey), format: "der", type: "spki" }),
    ...(constraints && {
      permittedNames: refuseMalformed("STORE_CORRUPT", `The name constraints of \`${id}\` can't be read`, () =>
        readPermittedNames(constraints.value),
      ),
    }),
  };
}

function keyIdentifier(certificate: Certificate): Uint8Array {
  return subjectKeyIdentifier(certificate.extensions) ?? keyIdentifierOf(certificate.publicKey);
}

function checkSignedBy(id: AuthorityId, certificate: Der, anchor: Der): void {
  const [issued, issuer] = [readX509(id, certificate), readX509(id, anchor)];
  if (!issued.ca || !issuer.ca) throw corrupt(id, "its certificate is not that of an authority");
  if (!issued.checkIssued(issuer) || !issued.verify(issuer.publicKey))
    throw corrupt(id, "its certificate was not signed by what relying parties trust");
}

function readX509(id: AuthorityId, der: Der): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(der));
  } catch (cause) {
    throw new LatchkeyError("STORE_CORRUPT", `The certificate of \`${id}\` can't be read: put it back from a backup.`, { cause });
  }
}

function corrupt(id: AuthorityId, why: string): LatchkeyError {
  return new LatchkeyError("STORE_CORRUPT", `The authority \`${id}\` can't be used: ${why}.`);
}
