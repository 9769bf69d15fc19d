import { LatchkeyError } from "./authority/error.js";
import type { OperatorRole } from "./authority/types.js";
import { isFirstRun } from "./first-run.js";
import { type AuthorityOptions, open } from "./open.js";
import { createCredential } from "./workflows/own-credentials.js";

/**
 * Brings an operator back when none is left: on the CA's own host, with the passphrase of its keys, while the CA is
 * stopped. Throws DATA_IN_USE, PASSPHRASE_WRONG, STORE_CORRUPT.
 */
export async function recoverOperator(
  options: AuthorityOptions,
  operator: { name: string; role: Exclude<OperatorRole, "server">; serverNames: readonly string[]; folder: string; address: string },
): Promise<void> {
  const { data } = options.settings;
  if (await isFirstRun(data)) {
    throw new LatchkeyError(
      "STORE_CORRUPT",
      `There is no CA in ${data}: name its data folder (--data), or start it first (\`latchkey serve\`).`,
    );
  }
  const { context, store } = await open(options);
  try {
    await createCredential(context, operator.folder, operator, operator.address);
  } finally {
    await store.close();
  }
}
