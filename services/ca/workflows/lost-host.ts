import { statusOf } from "../authority/revoke.js";
import type { Context } from "./context.js";
import type { OwnOperator } from "./own-credentials.js";
import { revokeCertificates } from "./revocation.js";

/**
 * After a restore: the credentials that the CA had made for itself lie on the host of the backup, and their keys are not encrypted. That
 * host may have burnt, or been stolen: whoever has its disk is nobody here. Answers the names of those that are revoked now.
 */
export async function revokeLostCredentials(context: Context, operators: readonly OwnOperator[]): Promise<string[]> {
  const revoked: string[] = [];
  for (const { name, role } of operators) {
    const at = context.clock.now();
    const query = {
      authority: "operators",
      operatorRole: role,
      deviceName: { text: name, match: "exact" },
      notAfterAfter: at,
      at,
    } as const;
    const { items } = await context.store.listCertificates(query, { size: 1000, token: "" });
    for (const record of items.filter((one) => statusOf(one, at) !== "revoked")) {
      await revokeCertificates(context, undefined, { kind: "certificate", key: record }, "superseded", { allowLastAdmin: true });
      if (!revoked.includes(name)) revoked.push(name);
    }
  }
  return revoked;
}
