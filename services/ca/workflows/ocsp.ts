import type { Authority } from "../authority/authority.js";
import { DerError } from "../authority/der/error.js";
import { LatchkeyError } from "../authority/error.js";
import { type CertId, type OcspRequest, readOcspRequest } from "../authority/ocsp-request.js";
import { encodeOcspError, isIssuedBy, type OcspError, type SingleAnswer, signOcspResponse } from "../authority/ocsp-response.js";
import type { Der, Standing } from "../authority/types.js";
import { backdated } from "../authority/validity.js";
import type { Context, IssuingAuthority } from "./context.js";
import { createOcspResponders } from "./ocsp-responder.js";

/** What is sent back. */
export interface OcspReply {
  readonly der: Der;
  readonly status: "successful" | OcspError;
  /** Set where anybody who asks the same may get the same: a signed answer without a nonce. */
  readonly shared: { readonly thisUpdate: Date; readonly nextUpdate: Date; readonly maxAgeMillis: number } | undefined;
}

/** Answers what an authority's certificates are worth (RFC 6960), as the store says at this moment. */
export interface OcspService {
  /** What can't be answered is an OCSP error, unsigned. */
  answer(request: Uint8Array): Promise<OcspReply>;
}

/** Answers that are kept to be given again; the oldest goes when one more comes. */
const MOST_KEPT = 10_000;
const MINUTE_MILLIS = 60_000;

interface Kept {
  readonly der: Der;
  readonly standing: Standing | undefined;
  readonly issuer: Der;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
}

export function createOcspService(context: Context): OcspService {
  const responders = createOcspResponders(context);
  const validMillis = context.settings.ocsp.minutes * MINUTE_MILLIS;
  /** By the certID's octets. */
  const kept = new Map<string, Kept>();

  async function standingsOf(issuing: IssuingAuthority, certIds: readonly CertId[]): Promise<SingleAnswer[]> {
    const authority = issuing.authority.id;
    return await Promise.all(
      certIds.map(async (certId) => {
        const record = await context.store.getCertificate({ authority, serialNumber: certId.serialNumber });
        return { certId, standing: record && standingOf(record) };
      }),
    );
  }

  async function sign(issuing: IssuingAuthority, answers: readonly SingleAnswer[], nonce: Der | undefined): Promise<Kept> {
    const responder = await responders.get(issuing);
    const at = context.clock.signingTime();
    const thisUpdate = backdated(at);
    const nextUpdate = new Date(Math.min(at.getTime() + validMillis, responder.notAfter.getTime()));
    const der = await signOcspResponse({ answers, producedAt: thisUpdate, thisUpdate, nextUpdate, nonce }, responder);
    return { der, standing: answers[0]?.standing, issuer: issuing.authority.certificate, thisUpdate, nextUpdate };
  }

  /**
   * An answer is signed once and given again until half of its time is over, as long as the store says what it says. A standing that has changed makes
   * it worth nothing at that moment: the store is asked each time, and only the signature is spared.
   */
  async function answerOne(issuing: IssuingAuthority, answer: SingleAnswer): Promise<Kept> {
    const name = Buffer.from(answer.certId.whole).toString("latin1");
    const known = kept.get(name);
    const now = context.clock.now();
    // One of a time that is to come was signed while the clock was ahead.
    const isGood =
      known !== undefined &&
      isSame(known.standing, answer.standing) &&
      known.issuer === issuing.authority.certificate &&
      known.thisUpdate <= now &&
      now.getTime() < known.nextUpdate.getTime() - validMillis / 2;
    if (isGood) return known;
    const signed = await sign(issuing, [answer], undefined);
    kept.delete(name);
    // What was never issued is not kept: strangers can ask for any number.
    if (answer.standing !== undefined) kept.set(name, signed);
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
    }
    return signed;
  }

  async function answer({ certIds, nonce }: OcspRequest): Promise<OcspReply> {
    const issuing = issuerOf(context, certIds);
    if (issuing === undefined) return refuse("unauthorized");
    const answers = await standingsOf(issuing, certIds);
    const [only, ...others] = answers;
    const isShared = only !== undefined && others.length === 0 && nonce === undefined;
    const { der, thisUpdate, nextUpdate } = isShared ? await answerOne(issuing, only) : await sign(issuing, answers, nonce);
    const left = nextUpdate.getTime() - context.clock.now().getTime();
    const maxAgeMillis = Math.min(Math.max(left, 0), validMillis);
    return { der, status: "successful", shared: nonce === undefined ? { thisUpdate, nextUpdate, maxAgeMillis } : undefined };
  }

  return {
    async answer(octets) {
      try {
        return await answer(readOcspRequest(octets));
      } catch (error) {
        if (error instanceof DerError) return refuse("malformedRequest");
        if (error instanceof LatchkeyError && TRY_LATER.has(error.code)) return refuse("tryLater");
        context.log("service.failed", { what: "an OCSP answer", error: error instanceof Error ? error.message : String(error) });
        return refuse("internalError");
      }
    },
  };
}

/** What passes: the clock is put right, the disk has room again. */
const TRY_LATER: ReadonlySet<string> = new Set(["CLOCK_BEHIND", "STORE_FULL", "UNAVAILABLE"]);

/** The authority that has issued them all: one delegate speaks for one authority (RFC 6960 §4.2.2.2). */
function issuerOf(context: Context, certIds: readonly CertId[]): IssuingAuthority | undefined {
  return context.authorities
    .everyId()
    .map((id) => context.authorities.get(id))
    .find(({ authority }) => isIssuerOfAll(authority, certIds));
}

function isIssuerOfAll(authority: Authority, certIds: readonly CertId[]): boolean {
  return certIds.every((certId) => isIssuedBy(certId, authority));
}

function refuse(error: OcspError): OcspReply {
  return { der: encodeOcspError(error), status: error, shared: undefined };
}

function standingOf(record: Standing): Standing {
  switch (record.status) {
    case "valid":
      return { status: "valid" };
    case "held":
      return { status: "held", revokedAt: record.revokedAt };
    case "revoked":
      return { status: "revoked", revokedAt: record.revokedAt, reason: record.reason };
    default:
      return record satisfies never;
  }
}

function isSame(one: Standing | undefined, other: Standing | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
