import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyEncryption } from "../../services/ca/keys/encrypted-key.js";
import { createContext } from "../../services/ca/open.js";
import { openLevelStore } from "../../services/ca/store/level.js";
import type { Store } from "../../services/ca/store/store.js";
import { createAuthorities, openAuthorities } from "../../services/ca/workflows/authorities.js";
import { createClock } from "../../services/ca/workflows/clock.js";
import type { Context } from "../../services/ca/workflows/context.js";
import { settingsSchema } from "../../services/config.js";

/** The CA's workflows on a real store and real keys, without listeners. `faulty` stands between them and the store. */
export async function createTestContext(
  faulty: (store: Store) => Store = (store) => store,
): Promise<{ context: Context; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-context-"));
  const store = await openLevelStore(join(folder, "store"));
  const settings = settingsSchema.parse({ data: folder });
  const keys = join(folder, "keys");
  const encryption = createKeyEncryption(randomBytes(16).toString("hex"));
  await createAuthorities(store, settings, keys, encryption, new Date(), async () => {});
  const authorities = await openAuthorities(store, settings, keys, encryption);
  const clock = createClock(await store.newestTime(), new Date(0));
  const context = await createContext({ settings, store: faulty(store), clock, log: () => {}, authorities });
  return {
    context,
    async remove() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
