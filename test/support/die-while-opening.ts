import { Level } from "level";
import { openLevelStore } from "../../services/ca/store/level.js";

// Opens the store in a folder and kills itself, without a farewell, once it has written so many batches.
const [folder = "", batches = "1"] = process.argv.slice(2);
const prototype = Level.prototype as unknown as { batch(...args: unknown[]): Promise<void> };
const { batch } = prototype;
let written = 0;
prototype.batch = async function (...args) {
  await batch.apply(this, args);
  written += 1;
  if (written === Number(batches)) process.kill(process.pid, "SIGKILL");
};
await openLevelStore(folder);
process.stdout.write("opened\n");
