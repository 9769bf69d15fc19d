/**
 * As much of WebAssembly's binary format (W3C, WebAssembly Core Specification, chapter 5) as one function of numbers and vectors needs. An
 * instruction, or a row of them, is its octets.
 */
export type Code = readonly number[];

export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
const i32 = (value: number): Code => [0x41, ...signed(value)];

/** Four lanes of 32 bits in a vector. */
export const lanes = {
  /** The same number in each. */
  splat: (value: number): Code => [...i32(value), ...vector(17)],
  /** One number of a vector on the stack. */
  extract: (lane: number): Code => [...vector(27), lane],
  /** Puts a number on the stack into a vector below it. */
  replace: (lane: number): Code => [...vector(28), lane],
  and: vector(78),
  or: vector(80),
  xor: vector(81),
  /** Of three vectors: the bits of the first where the third has ones, else those of the second. */
  select: vector(82),
  add: vector(174),
  rotateLeft: (local: number, bits: number): Code => [
    ...get(local),
    ...i32(bits),
    ...vector(171),
    ...get(local),
    ...i32(32 - bits),
    ...vector(173),
    ...lanes.or,
  ],
} as const;

/** Does the body again and again, at least once: as often as a local of 32 bits says, which is then zero. */
export function repeat(times: number, body: Code): Code {
  // loop, body, times = times - 1, br_if 0, end
  return [0x03, 0x40, ...body, ...get(times), ...i32(1), 0x6b, 0x22, ...unsigned(times), 0x0d, 0, 0x0b];
}

/** A function of 32-bit numbers; its vectors are locals, numbered on from the parameters. */
export interface NumberFunction {
  readonly parameters: number;
  readonly results: number;
  readonly vectors: number;
  readonly body: Code;
}

/** Compiles the function. Undefined where the platform has no WebAssembly, or none with vectors. */
export function compile({ parameters, results, vectors, body }: NumberFunction): Compiled | undefined {
  const numbers = (count: number) => list(Array.from({ length: count }, () => [0x7f]));
  const code = [...list([[...unsigned(vectors), 0x7b]]), ...body, 0x0b];
  const module = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([[0x60, ...numbers(parameters), ...numbers(results)]])),
    ...section(3, list([[0]])),
    ...section(7, list([[1, NAME.charCodeAt(0), 0, 0]])),
    ...section(10, list([[...unsigned(code.length), ...code]])),
  ]);
  if (WebAssembly?.validate(module) !== true) return undefined;
  return new WebAssembly.Instance(new WebAssembly.Module(module)).exports[NAME] as Compiled;
}

export type Compiled = (...numbers: readonly number[]) => Iterable<number>;

const NAME = "f";

/** Node's, of which its types say nothing. Not there under `--jitless`. */
const { WebAssembly } = globalThis as unknown as {
  readonly WebAssembly?: {
    readonly validate: (octets: Uint8Array) => boolean;
    readonly Module: new (octets: Uint8Array) => object;
    readonly Instance: new (module: object) => { readonly exports: Readonly<Record<string, unknown>> };
  };
};

function vector(operation: number): Code {
  return [0xfd, ...unsigned(operation)];
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

/** LEB128: seven bits an octet, the lowest first; the highest bit says that more follow. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** The same of a signed number, whose sign is the last octet's second bit. */
function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const isLast = rest === ((low & 0x40) === 0 ? 0 : -1);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
