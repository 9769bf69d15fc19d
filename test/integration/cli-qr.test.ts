import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const SHEET = fileURLToPath(new URL("../../clients/cli/invitation-sheet.js", import.meta.url));
const WIDTH_OF_CELL = 6;
const ESCAPE = "\u001b";
/** A change of colours, or a character. */
const PIECES = new RegExp(`${ESCAPE}\\[([\\d;]*)m|[^${ESCAPE}]`, "gu");

interface Colours {
  readonly foreground: number;
  readonly background: number;
}

/** What a terminal of these colours shows, as a picture in grey: two squares for each character. */
function rasterise(lines: readonly string[], terminal: Colours): Buffer {
  const rows = lines.flatMap((line) => {
    const upper: number[] = [];
    const lower: number[] = [];
    let { foreground, background } = terminal;
    for (const [piece, codes] of line.matchAll(PIECES)) {
      for (const code of codes?.split(";") ?? []) {
        if (code === "0") ({ foreground, background } = terminal);
        if (code === "30") foreground = 0;
        if (code === "97") foreground = 255;
        if (code === "40") background = 0;
        if (code === "107") background = 255;
      }
      if (codes !== undefined) continue;
      upper.push(piece === "\u2588" || piece === "\u2580" ? foreground : background);
      lower.push(piece === "\u2588" || piece === "\u2584" ? foreground : background);
    }
    return [upper, lower];
  });
  const width = Math.max(...rows.map((row) => row.length));
  const frame = 4;
  const framed = [...Array.from({ length: frame }, () => []), ...rows, ...Array.from({ length: frame }, () => [])].map((row: number[]) =>
    Array.from({ length: width + 2 * frame }, (_, at) => row[at - frame] ?? terminal.background),
  );
  const pixels = framed.flatMap((row) => {
    const wide = row.flatMap((grey) => Array<number>(WIDTH_OF_CELL).fill(grey));
    return Array.from({ length: WIDTH_OF_CELL }, () => wide).flat();
  });
  const header = `P5 ${(width + 2 * frame) * WIDTH_OF_CELL} ${framed.length * WIDTH_OF_CELL} 255\n`;
  return Buffer.concat([Buffer.from(header), Buffer.from(pixels)]);
}

for (const [name, terminal] of Object.entries({ dark: { foreground: 200, background: 20 }, light: { foreground: 20, background: 235 } })) {
  test(`a phone's camera reads the invitation's QR code on a ${name} terminal`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "latchkey-qr-"));
    try {
      const url = "https://192.168.178.20:8443/i/5p0jpgM2oyhqABPLGVEcZg";
      const script = join(folder, "print.mjs");
      await writeFile(
        script,
        `import { printInvitation } from ${JSON.stringify(SHEET)};
         await printInvitation({ invitation: { deviceName: "A", expireTime: new Date() }, url: ${JSON.stringify(url)}, token: "", passphrase: "p", caFingerprint: "" });`,
      );
      const printed = execFileSync("script", ["-qec", `stty cols 100; '${process.execPath}' '${script}'`, "/dev/null"], {
        encoding: "utf8",
      });
      const lines = printed.split(/\r?\n/).filter((line) => /[\u2580\u2584\u2588]/.test(line));
      assert.ok(lines.length > 10, printed);
      await writeFile(join(folder, "code.pgm"), rasterise(lines, terminal));
      assert.equal(execFileSync("zbarimg", ["-q", "--raw", join(folder, "code.pgm")], { encoding: "utf8" }).trim(), url);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}
