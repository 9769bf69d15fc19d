import { type CrlPiece, composeChanges, isOctets } from "../authority/crl-change.js";

/** Of what is new in all remembered changes together: who holds a CRL from before gets the present one whole. */
const MOST_OCTETS = 1024 * 1024;
/** What a piece costs beside its octets, in memory and on its way. */
const PIECE_OCTETS = 32;
/** Each is a message to the subscriber: with more, the whole is the quicker way. */
const MOST_PIECES = 2_000;

/** How the present CRL of an authority came from those before it. CRLs are known by their SHA-256, lower-case hex. */
export interface CrlHistory {
  /** Of the present one. */
  readonly sha256: string;
  /** What makes the present one of that one; undefined where nobody remembers, or the whole is hardly more. */
  changeFrom(sha256: string): readonly CrlPiece[] | undefined;
  /** @param change undefined where it is not known: then nobody can come from an earlier one */
  add(sha256: string, sizeOctets: number, change: readonly CrlPiece[] | undefined): void;
}

interface Step {
  readonly from: string;
  readonly change: readonly CrlPiece[];
}

export function createCrlHistory(first: { readonly sha256: string; readonly sizeOctets: number }): CrlHistory {
  let { sha256: newest, sizeOctets: size } = first;
  let steps: Step[] = [];

  const isSmall = (change: readonly CrlPiece[]) => change.length <= MOST_PIECES && costOf(change) < size / 2;

  return {
    get sha256() {
      return newest;
    },

    changeFrom(sha256) {
      if (sha256 === newest) return [{ offset: 0, length: size }];
      const start = steps.findIndex(({ from }) => from === sha256);
      if (start === -1) return undefined;
      const change = steps
        .slice(start)
        .map((step) => step.change)
        .reduce(composeChanges);
      return isSmall(change) ? change : undefined;
    },

    add(sha256, sizeOctets, change) {
      size = sizeOctets;
      steps = change === undefined || !isSmall(change) ? [] : [...steps, { from: newest, change }];
      newest = sha256;
      let cost = steps.reduce((sum, step) => sum + costOf(step.change), 0);
      while (cost > MOST_OCTETS) cost -= costOf(steps.shift()?.change ?? []);
    },
  };
}

function costOf(change: readonly CrlPiece[]): number {
  return change.reduce((sum, piece) => sum + PIECE_OCTETS + (isOctets(piece) ? piece.length : 0), 0);
}
