import { LatchkeyError } from "./authority/error.js";
import type { OperatorRole } from "./authority/types.js";
import { type AuthorityOptions, open } from "./open.js";
import { createCredential } from "./workflows/own-credentials.js";

/**
 * Brings an operator back when none is left: on the CA's own host, with the passphrase of its keys, while the CA is
 * stopped. Throws DATA_IN_USE, PASSPHRASE_WRONG.
 */
export async function recoverOperator(
  options: AuthorityOptions,
  operator: { name: string; role: Exclude<OperatorRole, "server">; serverNames: readonly string[]; folder: string; address: string },
): Promise<void> {
  const { context, store, isFirstRun } = await open(options);
  try {
    if (isFirstRun)
      throw new LatchkeyError("STORE_CORRUPT", `There was no CA in ${options.settings.data}: start it first (\`latchkey serve\`).`);
    await createCredential(context, operator.folder, operator, operator.address);
  } finally {
    await store.close();
  }
}
