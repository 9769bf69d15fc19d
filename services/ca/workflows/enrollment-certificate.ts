import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Credential, isDueForRenewal, PROFILE_SIGNER_FILE, SERVER_FILE } from "../../../clients/connect/credential.js";
import type { Csr } from "../authority/csr.js";
import { encodePem } from "../authority/der/pem.js";
import { parseSerialNumber } from "../authority/serial-number.js";
import type { AuthorityId, CertificateRecord, ProfileId } from "../authority/types.js";
import { writePrivateFile } from "../keys/private-file.js";
import type { Context } from "./context.js";
import { issueToProfileSigner, issueToServer } from "./issuance.js";
import { createOwnKey } from "./own-key.js";
import { revokeCertificates } from "./revocation.js";

/** A certificate that is kept, with its key, in the credential folder of the enrolment service that runs beside the CA. */
interface Kept {
  readonly file: string;
  readonly profile: ProfileId;
  readonly serverNames: readonly string[];
  issue(csr: Csr): Promise<CertificateRecord>;
}

/** Keeps the certificate that the enrolment service shows in TLS. */
export async function ensureEnrollmentCertificate(context: Context, owner: string, credential: Credential): Promise<void> {
  const { serverNames = [] } = credential;
  const issue = (csr: Csr) => issueToServer(context, undefined, { serverNames, requestId: "", owner }, csr);
  await ensureKept(context, owner, credential, { file: SERVER_FILE, profile: "server", serverNames, issue });
}

const NAMELESS = { deviceName: "", serverNames: [], requestId: "" };

/** Keeps the certificate that the enrolment service signs iPhones' profiles by. */
export async function ensureProfileSigner(context: Context, owner: string, credential: Credential): Promise<void> {
  const issue = (csr: Csr) => issueToProfileSigner(context, undefined, { ...NAMELESS, owner }, csr);
  await ensureKept(context, owner, credential, { file: PROFILE_SIGNER_FILE, profile: "profile-signer", serverNames: [], issue });
}

/** Where profiles are signed no more: a key that nobody uses is only there to be stolen. */
export async function retireProfileSigner(context: Context, owner: string, { folder }: Credential): Promise<void> {
  const path = join(folder, PROFILE_SIGNER_FILE);
  if (!existsSync(path)) return;
  await supersede(context, owner, "profile-signer", undefined);
  await rm(path, { force: true });
}

/**
 * That process may write nothing, and one more certificate at each start would fill the list. A new one is made when there is none,
 * when it has lost its standing, at two thirds of its life, when it lacks a name, and with each new credential: who has stolen the old
 * folder has nothing that goes on.
 */
async function ensureKept(context: Context, owner: string, credential: Credential, kept: Kept): Promise<void> {
  const path = join(credential.folder, kept.file);
  const present = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") context.log("credential.failed", { folder: credential.folder, detail: error.message });
    return undefined;
  });
  if (await isGood(context, present, credential, kept)) return;
  const { csr, key } = await createOwnKey();
  const record = await kept.issue(csr);
  const { authority } = context.authorities.get("servers");
  await writePrivateFile(path, encodePem("CERTIFICATE", record.der) + encodePem("CERTIFICATE", authority.certificate) + key);
  await supersede(context, owner, kept.profile, record);
}

async function isGood(context: Context, pem: string | undefined, { certificate }: Credential, kept: Kept): Promise<boolean> {
  if (pem === undefined || !isPair(pem)) return false;
  const own = await findRecord(context, "operators", certificate);
  const record = await findRecord(context, "servers", pem);
  return (
    record?.status === "valid" &&
    record.profile === kept.profile &&
    own !== undefined &&
    record.issuedAt >= own.issuedAt &&
    kept.serverNames.every((name) => record.serverNames.includes(name)) &&
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

/** Nobody has the keys of the earlier ones any more: `latchkey list --status valid` shows the one that is used. */
async function supersede(context: Context, owner: string, profile: ProfileId, used: CertificateRecord | undefined): Promise<void> {
  const query = { authority: "servers", status: "valid", owner: { text: owner, match: "exact" }, at: context.clock.now() } as const;
  const { items } = await context.store.listCertificates(query, { size: 1000, token: "" });
  for (const record of items) {
    if (record.profile !== profile || record.serialNumber === used?.serialNumber) continue;
    await revokeCertificates(context, undefined, { kind: "certificate", key: record }, "superseded", { allowLastAdmin: true });
  }
}
