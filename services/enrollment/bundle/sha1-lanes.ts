import { type Code, type Compiled, compile, get, lanes, repeat, set } from "./webassembly.js";

/** So many hashes go side by side. */
const LANES = 4;
const WORDS = 5;
/** Some milliseconds. */
const ITERATIONS_PER_SLICE = 5_000;

interface Waiting {
  readonly words: readonly number[];
  readonly left: number;
  readonly done: (words: readonly number[]) => void;
}

/**
 * Hashes SHA-1 hashes again and again, four at a time in the lanes of the processor's vectors: what a compatible PKCS#12 costs is a hundred thousand
 * of them, and a hundred phones may come at once. Whoever comes while others are at work shares the lanes with them; in between, other
 * work has its turn.
 */
export class Sha1Lanes {
  #waiting: Waiting[] = [];
  #isWorking = false;

  private constructor(
    private readonly hashLanes: Compiled,
    private readonly giveWay: () => Promise<void>,
  ) {}

  /** Undefined where the platform has no such lanes. Compiles: to be made once, when it is first needed. */
  static create(giveWay: () => Promise<void>): Sha1Lanes | undefined {
    const hashLanes = compile({ parameters: 1 + WORDS * LANES, results: WORDS * LANES, vectors: VECTORS, body: hashAgain() });
    return hashLanes && new Sha1Lanes(hashLanes, giveWay);
  }

  /** Hashes 20 octets so many times. */
  async run(octets: Uint8Array, times: number): Promise<Uint8Array> {
    if (octets.length !== WORDS * 4) throw new RangeError(`${octets.length} octets are no sha1`);
    if (times === 0) return octets;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const first = Array.from({ length: WORDS }, (_, word) => view.getInt32(word * 4));
    const last = await new Promise<readonly number[]>((done) => {
      this.#waiting.push({ words: first, left: times, done });
      if (!this.#isWorking) void this.#work();
    });
    const hashed = new DataView(new ArrayBuffer(octets.length));
    last.forEach((value, word) => {
      hashed.setInt32(word * 4, value);
    });
    return new Uint8Array(hashed.buffer);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    // What is asked for in the same breath comes into the first slice.
    await this.giveWay();
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0, LANES);
      const times = Math.min(ITERATIONS_PER_SLICE, ...taken.map(({ left }) => left));
      const hashed = this.#hash(
        taken.map(({ words }) => words),
        times,
      );
      const further = taken.map(({ left, done }, lane) => ({ words: hashed[lane] ?? [], left: left - times, done }));
      for (const { words, done } of further.filter(({ left }) => left === 0)) done(words);
      this.#waiting.unshift(...further.filter(({ left }) => left > 0));
      await this.giveWay();
    }
    this.#isWorking = false;
  }

  /** Up to four hashes, each of five words. The function has the words in lanes: word 0 of each, word 1 of each, and so on. */
  #hash(hashes: readonly (readonly number[])[], times: number): readonly (readonly number[])[] {
    const words = Array.from({ length: WORDS * LANES }, (_, at) => hashes[at % LANES]?.[Math.floor(at / LANES)] ?? 0);
    const out = [...this.hashLanes(times, ...words)];
    return hashes.map((_, lane) => Array.from({ length: WORDS }, (_, word) => out[word * LANES + lane] ?? 0));
  }
}

/** The function's locals: how often, the words that come in, then its vectors: the block, the state, and one to work with. */
const TIMES = 0;
const FIRST_VECTOR = 1 + WORDS * LANES;
const VECTORS = 16 + WORDS + 1;
const block = (t: number) => FIRST_VECTOR + (t % 16);
const state = (index: number) => FIRST_VECTOR + 16 + index;
const SCRATCH = FIRST_VECTOR + 16 + WORDS;

/** FIPS 180-4 §5.3.1 and §4.2.1. */
const FIRST_STATE = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0] as const;
const ROUND_CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const;

/** FIPS 180-4 §6.1.2 for one block, the hash before it; the new hash comes in its place, as often as is said. */
function hashAgain(): Code {
  const code: number[] = [];
  const emit = (...parts: readonly Code[]) => {
    for (const part of parts) code.push(...part);
  };
  // The padding behind the hash: one bit, and its 160 bits' length.
  emit(lanes.splat(0x8000_0000), set(block(5)));
  for (let t = 6; t < 15; t += 1) emit(lanes.splat(0), set(block(t)));
  emit(lanes.splat(160), set(block(15)));
  FIRST_STATE.forEach((value, index) => {
    emit(lanes.splat(value), set(state(index)));
  });
  for (let t = 0; t < 80; t += 1) {
    if (t >= 16) {
      emit(get(block(t - 3)), get(block(t - 8)), lanes.xor, get(block(t - 14)), lanes.xor, get(block(t - 16)), lanes.xor);
      emit(set(SCRATCH), lanes.rotateLeft(SCRATCH, 1), set(block(t)));
    }
    // Instead of moving a to b, b to c …, each round calls the same vectors by the next names.
    const named = (index: number) => state((((index - t) % WORDS) + WORDS) % WORDS);
    const [a, b, c, d, e] = [named(0), named(1), named(2), named(3), named(4)];
    // The vector that the round before has made comes last: nothing else waits for it.
    emit(get(e), get(block(t)), lanes.splat(ROUND_CONSTANTS[Math.floor(t / 20)] ?? 0), lanes.add, lanes.add);
    emit(roundFunction(t, b, c, d), lanes.add, lanes.rotateLeft(a, 5), lanes.add, set(e));
    emit(lanes.rotateLeft(b, 30), set(b));
  }
  FIRST_STATE.forEach((value, index) => {
    emit(get(state(index)), lanes.splat(value), lanes.add, set(block(index)));
  });
  return [...gatherWords(), ...repeat(TIMES, code), ...spreadWords()];
}

/** Choose, parity, majority, parity. */
function roundFunction(t: number, b: number, c: number, d: number): Code {
  if (t < 20) return [...get(c), ...get(d), ...get(b), ...lanes.select];
  if (t < 40 || t >= 60) return [...get(b), ...get(c), ...lanes.xor, ...get(d), ...lanes.xor];
  return [...get(b), ...get(c), ...lanes.and, ...get(d), ...get(b), ...get(c), ...lanes.or, ...lanes.and, ...lanes.or];
}

/** Each word of the four hashes from the parameters into one vector. */
function gatherWords(): Code {
  return Array.from({ length: WORDS }, (_, word) => [
    ...lanes.splat(0),
    ...Array.from({ length: LANES }, (_, lane) => [...get(1 + word * LANES + lane), ...lanes.replace(lane)]).flat(),
    ...set(block(word)),
  ]).flat();
}

function spreadWords(): Code {
  return Array.from({ length: WORDS * LANES }, (_, index) => [
    ...get(block(Math.floor(index / LANES))),
    ...lanes.extract(index % LANES),
  ]).flat();
}
