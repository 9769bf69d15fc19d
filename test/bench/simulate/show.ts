/** Three digits say all that a model knows. */
export function showNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumSignificantDigits: 3 });
}

/** 1, 10, … 10⁸: as they are spoken of. */
export function showDevices(devices: number): string {
  return devices.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

export const showMillis = (millis: number) => inUnits(millis, MILLIS);
export const showOctets = (octets: number) => inUnits(octets, OCTETS);

/** 0.62 as `62 %`. */
export function showShare(share: number): string {
  return `${showNumber(share * 100)} %`;
}

interface Scale {
  readonly unit: string;
  readonly each: number;
}

const MILLIS: readonly Scale[] = [
  { unit: "h", each: 3_600_000 },
  { unit: "min", each: 60_000 },
  { unit: "s", each: 1_000 },
  { unit: "ms", each: 1 },
];
const OCTETS: readonly Scale[] = [
  { unit: "TB", each: 1e12 },
  { unit: "GB", each: 1e9 },
  { unit: "MB", each: 1e6 },
  { unit: "kB", each: 1e3 },
  { unit: "octets", each: 1 },
];

/** In the largest unit of which there is one, or in the smallest. */
function inUnits(value: number, scales: readonly Scale[]): string {
  const scale = scales.find(({ each }) => value >= each) ?? scales.at(-1);
  return scale === undefined ? "" : `${showNumber(value / scale.each)} ${scale.unit}`;
}
