import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Credential, isDueForRenewal, SERVER_FILE } from "../../../clients/connect/credential.js";
import { encodePem } from "../authority/der/pem.js";
import { parseSerialNumber } from "../authority/serial-number.js";
import type { AuthorityId, CertificateRecord } from "../authority/types.js";
import { writePrivateFile } from "../keys/private-file.js";
import type { Context } from "./context.js";
import { issueToServer } from "./issuance.js";
import { createOwnKey } from "./own-key.js";
import { revokeCertificates } from "./revocation.js";

/**
 * Keeps the TLS certificate of the enrolment service that runs beside the CA, with its key, in its credential folder: that
 * process may write nothing, and one more certificate at each start would fill the list. A new one is made when there is none, when
 * it has lost its standing, at two thirds of its life, when it lacks a name, and with each new credential: who has stolen the old
 * folder has nothing that goes on.
 */
export async function ensureEnrollmentCertificate(context: Context, owner: string, credential: Credential): Promise<void> {
  const path = join(credential.folder, SERVER_FILE);
  if (await isGood(context, await readFile(path, "utf8").catch(() => undefined), credential)) return;
  const { csr, key } = await createOwnKey();
  const serverNames = credential.serverNames ?? [];
  const record = await issueToServer(context, undefined, { serverNames, requestId: "", owner }, csr);
  const { authority } = context.authorities.get("servers");
  await writePrivateFile(path, encodePem("CERTIFICATE", record.der) + encodePem("CERTIFICATE", authority.certificate) + key);
  await supersedeOthers(context, owner, record);
}

async function isGood(context: Context, pem: string | undefined, { certificate, serverNames = [] }: Credential): Promise<boolean> {
  if (pem === undefined || !isPair(pem)) return false;
  const own = await findRecord(context, "operators", certificate);
  const record = await findRecord(context, "servers", pem);
  return (
    record?.status === "valid" &&
    own !== undefined &&
    record.issuedAt >= own.issuedAt &&
    serverNames.every((name) => record.serverNames.includes(name)) &&
    !isDueForRenewal(pem, context.clock.now())
  );
}

function isPair(pem: string): boolean {
  try {
    return new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem));
  } catch {
    // A file that was cut short or edited is none: there will be a new one.
    return false;
  }
}

async function findRecord(context: Context, authority: AuthorityId, pem: string): Promise<CertificateRecord | undefined> {
  const serialNumber = parseSerialNumber(new X509Certificate(pem).serialNumber.toLowerCase());
  return await context.store.getCertificate({ authority, serialNumber });
}

/** Nobody has the keys of the earlier ones any more: `latchkey list --status valid` shows the one that is served. */
async function supersedeOthers(context: Context, owner: string, served: CertificateRecord): Promise<void> {
  const query = { authority: "servers", status: "valid", owner: { text: owner, match: "exact" }, at: context.clock.now() } as const;
  const { items } = await context.store.listCertificates(query, { size: 1000, token: "" });
  for (const record of items) {
    if (record.serialNumber === served.serialNumber) continue;
    await revokeCertificates(context, undefined, { kind: "certificate", key: record }, "superseded", { allowLastAdmin: true });
  }
}
