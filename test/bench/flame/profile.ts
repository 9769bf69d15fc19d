/** What V8's profiler writes (`node --cpu-prof`): the Chrome DevTools Protocol's `Profiler.Profile`. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** Of the monotonic clock, as `process.hrtime` reads it, in µs. */
  readonly startTime: number;
  /** By node, at each sample; and how long after the one before, in µs. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** A function as it was called from one above it. */
export interface Frame {
  readonly name: string;
  readonly area: Area;
  /** µs, those of the frames below included. */
  readonly total: number;
  readonly below: readonly Frame[];
}

/** Whose code it is. */
export const AREAS = ["latchkey", "gRPC and HTTP/2", "store", "cryptography", "other libraries", "Node", "garbage collection"] as const;
export type Area = (typeof AREAS)[number];

/** Waiting is no work, and what the profiler can't tell is nobody's. */
const NOT_WORK: ReadonlySet<string> = new Set(["(idle)", "(program)"]);

/** What the main thread did between two moments (µs of the monotonic clock), as one tree; the same function called from the same place is one frame. */
export function foldProfile(profile: CpuProfile, from: number, to: number): Frame {
  const own = new Map<number, number>();
  let time = profile.startTime;
  for (const [at, id] of profile.samples.entries()) {
    const delta = profile.timeDeltas[at] ?? 0;
    time += delta;
    if (time >= from && time < to) own.set(id, (own.get(id) ?? 0) + delta);
  }
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const frameOf = (id: number): Frame | undefined => {
    const node = nodes.get(id);
    if (node === undefined || NOT_WORK.has(node.callFrame.functionName)) return undefined;
    const below = merge((node.children ?? []).flatMap((child) => frameOf(child) ?? []));
    const total = below.reduce((sum, frame) => sum + frame.total, own.get(id) ?? 0);
    return total === 0 ? undefined : { name: nameOf(node.callFrame), area: areaOf(node.callFrame), total, below };
  };
  return frameOf(profile.nodes[0]?.id ?? 0) ?? { name: "(root)", area: "Node", total: 0, below: [] };
}

function merge(frames: readonly Frame[]): Frame[] {
  const byName = new Map<string, Frame>();
  for (const frame of frames) {
    const same = byName.get(frame.name);
    byName.set(
      frame.name,
      same === undefined ? frame : { ...same, total: same.total + frame.total, below: merge([...same.below, ...frame.below]) },
    );
  }
  return [...byName.values()].toSorted((one, other) => other.total - one.total);
}

/** How much of the work is each area's own, in µs: what its functions do themselves. */
export function ownByArea(frame: Frame): ReadonlyMap<Area, number> {
  const sums = new Map<Area, number>(AREAS.map((area) => [area, 0]));
  const walk = ({ area, total, below }: Frame) => {
    sums.set(area, (sums.get(area) ?? 0) + total - below.reduce((sum, one) => sum + one.total, 0));
    for (const one of below) walk(one);
  };
  walk(frame);
  return sums;
}

type CallFrame = CpuProfile["nodes"][number]["callFrame"];

function nameOf({ functionName, url, lineNumber }: CallFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  const [, place = url] = /(?:node_modules\/|dist\/|^node:)(.*)$/.exec(url) ?? [];
  return `${name} ${place}:${lineNumber + 1}`;
}

function areaOf({ functionName, url }: CallFrame): Area {
  if (functionName === "(garbage collector)") return "garbage collection";
  if (/node:internal\/(crypto|tls)|node:(crypto|_tls)/.test(url)) return "cryptography";
  if (/node_modules\/(@grpc|@bufbuild|protobufjs)|node:internal\/http2|\/generated\//.test(url)) return "gRPC and HTTP/2";
  if (/node_modules\/(classic-level|abstract-level|level)|\/services\/ca\/store\//.test(url)) return "store";
  if (/node_modules\//.test(url)) return "other libraries";
  if (/\/(services|clients)\//.test(url)) return "latchkey";
  return "Node";
}
