import { createHash, createPublicKey, randomBytes } from "node:crypto";
import { createResponderCertificate } from "../authority/authority-certificate.js";
import { readCertificate } from "../authority/certificate.js";
import { encodePem } from "../authority/der/pem.js";
import type { OcspResponder } from "../authority/ocsp-response.js";
import { serialNumberFrom } from "../authority/serial-number.js";
import type { Der } from "../authority/types.js";
import { createKey } from "../keys/file.js";
import type { Context, IssuingAuthority } from "./context.js";

/** Nobody can revoke it (`id-pkix-ocsp-nocheck`): it ends by itself. */
const LIFETIME_DAYS = 14;
const DAY_MILLIS = 24 * 3600_000;

/** Until when what it signs may be relied on, too. */
export interface CurrentResponder extends OcspResponder {
  readonly notAfter: Date;
}

export interface OcspResponders {
  /** Who signs answers about this authority's certificates. Throws CLOCK_BEHIND, AUTHORITY_EXPIRED, and what the store throws. */
  get(issuing: IssuingAuthority): Promise<CurrentResponder>;
}

/**
 * Has a delegate for each authority, made when somebody first asks and again at two thirds of its life. Its key is in this process alone and ends
 * with it: a key on a disk would be one more to steal, for what a start makes in a millisecond.
 */
export function createOcspResponders(context: Pick<Context, "clock" | "store">): OcspResponders {
  const made = new Map<string, { readonly issuer: Der; readonly responder: Promise<CurrentResponder>; readonly renewAt: number }>();
  return {
    async get({ authority }) {
      const known = made.get(authority.id);
      const now = context.clock.now().getTime();
      // A domain that is added gives `servers` another key.
      if (known !== undefined && known.issuer === authority.certificate && now < known.renewAt) return await known.responder;
      const renewAt = now + (LIFETIME_DAYS * DAY_MILLIS * 2) / 3;
      const next = { issuer: authority.certificate, responder: makeResponder(context, authority), renewAt };
      made.set(authority.id, next);
      next.responder.catch(() => {
        if (made.get(authority.id) === next) made.delete(authority.id);
      });
      return await next.responder;
    },
  };
}

async function makeResponder(
  { clock, store }: Pick<Context, "clock" | "store">,
  authority: IssuingAuthority["authority"],
): Promise<CurrentResponder> {
  const at = clock.signingTime();
  const { signer, privateKey } = await createKey("P-256");
  const serialNumber = serialNumberFrom(randomBytes(16));
  const certificate = await createResponderCertificate(authority, signer.publicKey, serialNumber, at, LIFETIME_DAYS);
  const { notAfter } = readCertificate(certificate);
  const fingerprint = createHash("sha256").update(certificate).digest("hex");
  await store.putDocument(`ocsp-responder ${authority.id}`, Buffer.from(encodePem("CERTIFICATE", certificate)), {
    time: at,
    event: "ocsp_responder.issued",
    actor: "system",
    fields: { authority: authority.id, serialNumber, fingerprint },
  });
  const verificationKey = createPublicKey(privateKey.export({ type: "pkcs8", format: "pem" }));
  return { certificate, signer, verificationKey, notAfter };
}
