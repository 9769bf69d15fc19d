import type { Store } from "../store/store.js";
import type { Context } from "./context.js";
import { ensureCredential, type OwnOperator, renewCredential } from "./own-credentials.js";

/**
 * The store remembers that this host's administrator was made, in this document. Without it the credential is still owed: the
 * first run was interrupted. With it, one that is gone was revoked or taken away, and stays so.
 */
const DOCUMENT = "local-admin";
type State = "made" | "made-on-another-host";

/** What a store says that was restored from a backup: no backup holds a credential, so that one is owed here. */
export const AS_RESTORED: Readonly<Record<string, Uint8Array>> = { [DOCUMENT]: encode("made-on-another-host") };

function encode(state: State): Uint8Array {
  return new TextEncoder().encode(state);
}

async function readState(store: Store): Promise<State | undefined> {
  const content = await store.getDocument(DOCUMENT);
  return content === undefined ? undefined : (new TextDecoder().decode(content) as State);
}

/** Was the CA restored, and has this host no administrator of its own yet? */
export async function isAdminElsewhere(store: Store): Promise<boolean> {
  return (await readState(store)) === "made-on-another-host";
}

/** Makes the administrator's credential of this host, once; after that, renews it while it stands. */
export async function ensureLocalAdmin(context: Context, folder: string, operator: OwnOperator, address: string): Promise<void> {
  if ((await readState(context.store)) === "made") return await renewCredential(context, folder, operator, address);
  // Killed before the document was written, the folder may hold a good one already.
  await ensureCredential(context, folder, operator, address);
  await context.store.putDocument(DOCUMENT, encode("made"), {
    time: context.clock.now(),
    event: "administrator.made",
    actor: "system",
    fields: { deviceName: operator.name },
  });
}
