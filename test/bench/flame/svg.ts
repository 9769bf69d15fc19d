import { AREAS, type Area, type Frame } from "./profile.js";

const WIDTH = 1_200;
const ROW_HEIGHT = 17;
const TOP = 56;
/** What is narrower shows nothing. */
const NARROWEST = 1.5;
const CHARACTER_WIDTH = 6.2;

const COLORS: Readonly<Record<Area, string>> = {
  latchkey: "#f4a259",
  "gRPC and HTTP/2": "#8cb369",
  store: "#5b8e7d",
  cryptography: "#bc4b51",
  "other libraries": "#b8a9c9",
  Node: "#cfd8dc",
  "garbage collection": "#90a4ae",
};

interface Placed {
  readonly frame: Frame;
  readonly x: number;
  readonly width: number;
  readonly depth: number;
}

/** A flame graph: callers above, as wide as the time that they and all below them took. */
export function toFlameGraph(title: string, root: Frame): string {
  const placed = place(root);
  const height = TOP + ROW_HEIGHT * (1 + Math.max(0, ...placed.map(({ depth }) => depth)));
  const legend = AREAS.map(
    (area, at) =>
      `<rect x="${at * 165}" y="30" width="12" height="12" fill="${COLORS[area]}"/><text x="${at * 165 + 17}" y="40">${escaped(area)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}" font-family="monospace" font-size="10">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="0" y="16" font-size="13">${escaped(title)}</text>`,
    ...legend,
    ...placed.map((one) => rectangle(one, root.total)),
    "</svg>",
    "",
  ].join("\n");
}

function place(root: Frame): Placed[] {
  const found: Placed[] = [];
  const walk = (frame: Frame, x: number, depth: number) => {
    const width = (frame.total / root.total) * WIDTH;
    if (width < NARROWEST) return;
    found.push({ frame, x, width, depth });
    let at = x;
    for (const one of frame.below) {
      walk(one, at, depth + 1);
      at += (one.total / root.total) * WIDTH;
    }
  };
  if (root.total > 0) walk(root, 0, 0);
  return found;
}

function rectangle({ frame, x, width, depth }: Placed, all: number): string {
  const y = TOP + depth * ROW_HEIGHT;
  const share = `${((frame.total / all) * 100).toFixed(1)} %`;
  const room = Math.floor((width - 4) / CHARACTER_WIDTH);
  const text = room < 3 ? "" : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escaped(frame.name.slice(0, room))}</text>`;
  const box = `<rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(width - 0.5, 0.5).toFixed(1)}" height="${ROW_HEIGHT - 1}" fill="${COLORS[frame.area]}"/>`;
  return `<g><title>${escaped(`${frame.name}: ${share}`)}</title>${box}${text}</g>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
