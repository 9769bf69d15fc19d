import type { CrlFrame, PublicationServiceServer, TrustAnchor } from "../../../generated/latchkey/v1/publication_service.js";
import { type CrlPiece, isOctets } from "../authority/crl-change.js";
import { encodePem } from "../authority/der/pem.js";
import { LatchkeyError } from "../authority/error.js";
import { type AuthorityId, type CrlNumber, type CrlRecord, type Der, isAdopted } from "../authority/types.js";
import { actorOf } from "../workflows/caller.js";
import type { Context } from "../workflows/context.js";
import { restoreRevocations } from "../workflows/restoration.js";
import type { Guard } from "./guard.js";
import { parseAuthority, parseCrlNumber, phoneFingerprint, toInt32, toPageRequest, toSubscriber } from "./translate.js";

const CHUNK_OCTETS = 256 * 1024;
const DEPARTURES_PER_FRAME = 1_000;
const LONGEST_WAIT_MILLIS = 600_000;
/** What a subscriber says of itself is kept: within bounds. */
const LONGEST_CODE = 64;
const LONGEST_DETAIL = 2_000;
const MOST_WARNINGS = 20;
/** CRLs that a subscriber holds: more than a CA has. */
const MOST_HELD = 16;

/** The present CRL on its way to a subscriber. */
interface OutgoingCrl {
  readonly crl: CrlRecord;
  readonly sha256: string;
  /** SHA-256 of the CRL that the pieces' ranges lie in; empty where it goes whole. */
  readonly from: string;
  readonly pieces: readonly CrlPiece[];
}

export function createPublicationService(context: Context, guard: Guard): PublicationServiceServer {
  /** The present CRL, as a change to one of those that are held where that will do. */
  function outgoing(authority: AuthorityId, held: ReadonlySet<string>): OutgoingCrl | undefined {
    const crl = context.crls.current(authority);
    if (crl === undefined) return undefined;
    const history = context.crls.history(authority);
    for (const from of held) {
      const change = history.changeFrom(from);
      if (change !== undefined) return { crl, sha256: history.sha256, from, pieces: change };
    }
    return { crl, sha256: history.sha256, from: "", pieces: [crl.der] };
  }

  async function* frames({ crl, sha256, from, pieces }: OutgoingCrl, known: CrlNumber | undefined): AsyncGenerator<CrlFrame> {
    const header = {
      authority: crl.authority,
      crlNumber: String(crl.number),
      thisUpdate: crl.thisUpdate,
      nextUpdate: crl.nextUpdate,
      sizeOctets: String(crl.der.length),
      sha256,
      entryCount: String(context.crls.entryCount(crl.authority)),
      fromSha256: from,
    };
    yield { frame: { $case: "header", value: header } };
    const departures = known === undefined ? [] : await context.store.departuresSince(crl.authority, known);
    for (let at = 0; at < departures.length; at += DEPARTURES_PER_FRAME) {
      const some = departures
        .slice(at, at + DEPARTURES_PER_FRAME)
        .map((departure) => ({ ...departure, crlNumber: String(departure.crlNumber) }));
      yield { frame: { $case: "departures", value: { departures: some } } };
    }
    for (const piece of pieces) yield* framesOfPiece(piece);
  }

  /** The CRL that everybody has to have; the one before it while that can't be signed (a clock that is behind, a full disk): a door without any lets in nobody. */
  async function settledOrPresent(authority: AuthorityId): Promise<CrlRecord> {
    try {
      return await context.crls.settled(authority);
    } catch (error) {
      const present = context.crls.current(authority);
      if (present === undefined) throw error;
      return present;
    }
  }

  /** The CRL of `devices`, after those of the adopted CAs that it vouches for: with it, the set is whole. */
  function setOf(authority: AuthorityId, held: ReadonlySet<string>): OutgoingCrl[] {
    const adopted = authority === "devices" ? context.authorities.ids().filter(isAdopted) : [];
    return [...adopted, authority].flatMap((id) => outgoing(id, held) ?? []);
  }

  function anchor(id: AuthorityId): TrustAnchor {
    const { authority } = context.authorities.get(id);
    return {
      authority: id,
      certificate: encodePem("CERTIFICATE", authority.anchor),
      intermediates:
        id === "servers" ? context.authorities.intermediates().map((certificate) => encodePem("CERTIFICATE", certificate)) : [],
      sha256Fingerprint: phoneFingerprint(authority.anchor),
      notAfter: authority.notAfter,
    };
  }

  return {
    getTrustBundle: guard.unary(async () => ({ anchors: context.authorities.ids().map(anchor) })),

    getCrl: guard.streaming(async (request, write) => {
      const authority = parseAuthority(request.authority, "devices");
      const settled = await settledOrPresent(authority);
      // For an adopted CA that of `devices` is settled, which vouches for its own.
      const crl = outgoing(authority, new Set()) ?? outgoing(settled.authority, new Set());
      if (crl !== undefined) for await (const frame of frames(crl, undefined)) await write({ frame });
    }),

    watchCrl: guard.streaming(async (request, write, caller, signal) => {
      const authority = parseAuthority(request.authority, "devices");
      let known = request.knownCrlNumber === "" ? undefined : parseCrlNumber(request.knownCrlNumber, "known_crl_number");
      let held: ReadonlySet<string> = new Set(request.takesChanges ? request.heldSha256.slice(0, MOST_HELD) : []);
      // Only what keeps nginx's devices CRL is a door; an administrator who looks on is none.
      const disconnect =
        caller.role === "nginx" && authority === "devices" ? await context.subscribers.connect(caller.name, actorOf(caller)) : () => {};
      let wake = () => {};
      const stopListening = context.crls.onPublished((crl) => {
        if (crl.authority === authority) wake();
      });
      signal.addEventListener("abort", () => wake(), { once: true });
      try {
        let sent: CrlNumber | undefined;
        await settledOrPresent(authority);
        while (!signal.aborted) {
          const crl = context.crls.current(authority);
          if (crl !== undefined && crl.number !== sent) {
            // All of one moment: what is published while they are on their way goes into the next set.
            const set = setOf(authority, held);
            for (const one of set) {
              // Adopted CAs issue nothing any more: all that ever left is little.
              for await (const frame of frames(one, one.crl.authority === authority ? known : 0n)) await write({ frame });
            }
            sent = crl.number;
            known = crl.number;
            if (request.takesChanges) held = new Set(set.map(({ sha256 }) => sha256));
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        stopListening();
        disconnect();
      }
    }),

    reportEnforcement: guard.unary(async (request, caller) => {
      const crlNumber = request.crlNumber === "" ? undefined : parseCrlNumber(request.crlNumber, "crl_number");
      if (request.problem === "") refuseUnsigned(context, crlNumber);
      const report = {
        crlNumber,
        problem: request.problem.slice(0, LONGEST_CODE),
        problemDetail: request.problemDetail.slice(0, LONGEST_DETAIL),
        relyingParty: request.relyingParty.slice(0, 200),
        clock: request.clock,
        warnings: request.warnings
          .slice(0, MOST_WARNINGS)
          .map(({ code, message }) => ({ code: code.slice(0, LONGEST_CODE), message: message.slice(0, LONGEST_DETAIL) })),
        refusesCanaries: request.refusesCanaries,
        heldCrl: request.heldCrl.length === 0 ? undefined : (request.heldCrl as Uint8Array as Der),
      };
      await context.subscribers.report(caller.name, report, caller.connection ?? "");
      return {};
    }),

    awaitEnforcement: guard.unary(async (request, _caller, { signal }) => {
      const authority = parseAuthority(request.authority, "devices");
      const number = parseCrlNumber(request.crlNumber, "crl_number");
      const wanted = Number(request.timeout?.seconds ?? 0) * 1_000 + (request.timeout?.nanos ?? 0) / 1e6;
      const millis = Math.min(Math.max(wanted, 0), LONGEST_WAIT_MILLIS);
      // Only nginx verifies devices from afar; servers' and operators' CRLs are enforced by who reads them.
      const { enforcedBy, pending } =
        authority === "devices" ? await context.subscribers.awaitEnforcement(number, millis, signal) : { enforcedBy: [], pending: [] };
      return {
        crlNumber: String(number),
        enforcedBy: enforcedBy.map((report) => ({
          ...report,
          crlNumber: String(report.crlNumber),
          afterMillis: toInt32(report.afterMillis ?? 0),
        })),
        pending,
      };
    }),

    listSubscribers: guard.unary(async (request) => {
      const { size, token } = toPageRequest(request);
      const all = context.subscribers.list().toSorted((a, b) => (a.record.name < b.record.name ? -1 : 1));
      const page = all.filter(({ record }) => record.name > token).slice(0, size);
      const last = page.at(-1)?.record.name ?? "";
      return { subscribers: page.map(toSubscriber), nextPageToken: last === all.at(-1)?.record.name ? "" : last };
    }),

    restoreRevocations: guard.unary(async ({ source }, caller) => {
      const outcome = await restoreRevocations(context, caller, crlOf(context, source));
      return { serialNumbers: [...outcome.serialNumbers], crlNumber: String(outcome.crlNumber), authority: outcome.authority };
    }),
  };
}

function* framesOfPiece(piece: CrlPiece): Generator<CrlFrame> {
  if (!isOctets(piece)) {
    yield { frame: { $case: "copied", value: { offset: piece.offset, sizeOctets: piece.length } } };
    return;
  }
  for (let at = 0; at < piece.length; at += CHUNK_OCTETS) {
    yield { frame: { $case: "chunk", value: Buffer.from(piece.subarray(at, at + CHUNK_OCTETS)) } };
  }
}

/** What has not been signed yet can't be enforced: else one report would stand for every revocation to come. */
function refuseUnsigned(context: Context, crlNumber: CrlNumber | undefined): void {
  const newest = context.crls.current("devices")?.number ?? 0n;
  if (crlNumber === undefined || crlNumber <= newest) return;
  throw new LatchkeyError("FIELD_INVALID", `CRL ${crlNumber} has not been signed: the newest of devices is ${newest}.`, {
    violations: [{ field: "crl_number", description: "is greater than that of the newest CRL" }],
  });
}

function crlOf(
  context: Context,
  source: { $case: "crl"; value: Uint8Array } | { $case: "subscriber"; value: string } | undefined,
): Uint8Array {
  if (source?.$case === "crl") return source.value;
  if (source?.$case === "subscriber") {
    const held = context.subscribers.list().find(({ record }) => record.name === source.value)?.heldCrl;
    if (held !== undefined) return held;
    throw new LatchkeyError("SUBSCRIBER_NOT_FOUND", `No subscriber "${source.value}" offers a CRL: \`latchkey status\` shows who does.`);
  }
  throw new LatchkeyError("FIELD_INVALID", "The call names no CRL: send one, or name the subscriber that holds it.", {
    violations: [{ field: "source", description: "is missing" }],
  });
}
