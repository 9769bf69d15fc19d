import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { nothingThere } from "../../connect/nothing-there.js";
import { writeWhole } from "../write-whole.js";

/** `run.json` in the data folder: where the CA that runs on it can be reached. There while all its listeners answer. */
export interface RunFile {
  readonly pid: number;
  /** `host:port` each; `enroll` and `devices` are empty where the enrolment service does not run beside the CA. */
  readonly grpc: string;
  readonly http: string;
  readonly enroll: string;
  readonly devices: string;
}

export async function writeRunFile(dataFolder: string, run: RunFile): Promise<void> {
  await writeWhole(join(dataFolder, "run.json"), `${JSON.stringify(run)}\n`, { secret: false, force: true });
}

/** Takes it away, unless another process has written its own by now. */
export async function removeRunFile(dataFolder: string, pid: number): Promise<void> {
  const path = join(dataFolder, "run.json");
  const text = (await readFile(path, "utf8").catch(nothingThere)) ?? "{}";
  if ((JSON.parse(text) as Partial<RunFile>).pid === pid) await rm(path, { force: true });
}
