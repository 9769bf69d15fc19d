import type { Store } from "../store/store.js";
import type { Context } from "./context.js";
import { ensureCredential, type OwnOperator, renewCredential } from "./own-credentials.js";

/**
 * The store remembers that this host's administrator was made, in this document. Without it the credential is still owed: the
 * first run was interrupted. With it, one that is gone was revoked or taken away, and stays so.
 */
const DOCUMENT = "local-admin";
const MADE = "made";

async function isMade(store: Store): Promise<boolean> {
  const content = await store.getDocument(DOCUMENT);
  return content !== undefined && new TextDecoder().decode(content) === MADE;
}

/** Makes the administrator's credential of this host, once; after that, renews it while it stands. */
export async function ensureLocalAdmin(context: Context, folder: string, operator: OwnOperator, address: string): Promise<void> {
  if (await isMade(context.store)) return await renewCredential(context, folder, operator, address);
  // Killed before the document was written, the folder may hold a good one already.
  await ensureCredential(context, folder, operator, address);
  await context.store.putDocument(DOCUMENT, new TextEncoder().encode(MADE), {
    time: context.clock.now(),
    event: "administrator.made",
    actor: "system",
    fields: { deviceName: operator.name },
  });
}
