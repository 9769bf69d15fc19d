import { loadSettings } from "../../../services/settings.js";
import type { AddableRole } from "../operator-add.js";
import { askPassphrase } from "./ask-passphrase.js";
import { createServeLog } from "./readable-log.js";

/** `latchkey operator add --local`: an administrator is back when none is left, with the passphrase of the keys, while the CA is stopped. */
export async function recoverOperator(
  operator: { name: string; role: AddableRole; serverNames: readonly string[]; folder: string },
  options: { readonly data?: string; readonly address?: string },
): Promise<void> {
  const { settings } = await loadSettings({ flags: { data: options.data }, env: process.env });
  const { recoverOperator: recover } = await import("../../../services/ca/recover.js");
  await recover(
    { settings, log: createServeLog(), ...(process.stdin.isTTY ? { askPassphrase } : {}) },
    { ...operator, address: options.address ?? settings.grpc.listen },
  );
}
