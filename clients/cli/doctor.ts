import type { Command } from "commander";
import { CallError } from "../connect/error.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { HOUSE_CHECKS } from "./doctor/checks.js";
import { DOOR_CHECKS } from "./doctor/door/checks.js";
import { type DoorOptions, type DoorRequest, reachDoor, readDoorOptions, withDoorOptions } from "./doctor/door/options.js";
import { examine, type Line } from "./doctor/examine.js";
import { foldersOf, type House, readCa } from "./doctor/house.js";
import { printLine, printTroubles, summarize } from "./doctor/report.js";
import { stopSignal } from "./doctor/stop.js";
import { CommandError } from "./error.js";
import { EXIT, type ExitCode } from "./exit.js";
import { describe } from "./failure.js";
import { withConnection } from "./session.js";
import { printJson } from "./terminal.js";

interface DoctorOptions extends CommonOptions, DoorOptions {
  readonly strict?: boolean;
}

export function doctorCommand(): Command {
  return withDoorOptions(
    clientCommand(
      "doctor",
      "Look at the real thing, line by line: what is right, what is not, and what mends it",
      "latchkey doctor\nlatchkey doctor --url https://home.example.com --lan-address 192.168.1.20",
    ),
  )
    .option("--strict", "warnings end with exit code 5, too")
    .action(async (options: DoctorOptions) => {
      const door = readDoorOptions(options);
      const lines: Line[] = [];
      await inHouse(options, async (house) => {
        for await (const line of lookAround(house, door)) {
          lines.push(line);
          if (!options.json) printLine(line);
        }
      });
      if (options.json) printJson({ summary: summarize(lines), findings: lines.map(({ about, finding }) => ({ about, ...finding })) });
      else printTroubles(lines);
      process.exitCode = exitCodeOf(lines, options.strict === true);
    });
}

async function* lookAround(house: House, request: DoorRequest | undefined): AsyncGenerator<Line> {
  yield* examine(house, HOUSE_CHECKS);
  if (request === undefined) return;
  const { stop, release } = stopSignal();
  try {
    yield* examine(await reachDoor(request, house, stop), DOOR_CHECKS);
  } finally {
    release();
  }
}

/** A CA that does not answer is a finding, and the rest is looked at all the same. */
async function inHouse(options: DoctorOptions, look: (house: House) => Promise<void>): Promise<void> {
  const folders = foldersOf(options);
  let isAsked = false;
  try {
    await withConnection(options, async (connection) => {
      const ca = await readCa(connection);
      isAsked = true;
      await look({ ...folders, ca, failure: undefined });
    });
  } catch (error) {
    if (isAsked || !(error instanceof CallError || error instanceof CommandError)) throw error;
    await look({ ...folders, ca: undefined, failure: describe(error) });
  }
}

function exitCodeOf(lines: readonly Line[], isStrict: boolean): ExitCode {
  const { failure, warning } = summarize(lines);
  return failure > 0 || (isStrict && warning > 0) ? EXIT.unwell : EXIT.done;
}
