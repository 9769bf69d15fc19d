import { LatchkeyError } from "./authority/error.js";
import { isFirstRun } from "./first-run.js";
import { type AuthorityOptions, open } from "./open.js";
import { type Adoption, adoptCa, type OldCa } from "./workflows/adoption.js";

export type { Adoption, OldCa } from "./workflows/adoption.js";

/**
 * Takes over a CA that was there before Latchkey: on the CA's own host, with the passphrase of its keys, while the CA is stopped, so that a key that
 * lets devices in crosses no network. Throws DATA_IN_USE, PASSPHRASE_WRONG, STORE_CORRUPT, CA_NOT_ADOPTABLE, CRL_INVALID, FIELD_INVALID.
 */
export async function adopt(options: AuthorityOptions, old: OldCa): Promise<Adoption> {
  const { data } = options.settings;
  if (await isFirstRun(data)) {
    throw new LatchkeyError(
      "STORE_CORRUPT",
      `There is no CA in ${data}: name its data folder (--data), or start it first (\`latchkey serve\`).`,
    );
  }
  const { context, store, folders, encryption } = await open(options);
  try {
    return await adoptCa(context, { folder: folders.keys, encryption }, old);
  } finally {
    await store.close();
  }
}
