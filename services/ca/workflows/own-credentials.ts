import { createPrivateKey, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Credential, isDueForRenewal, readCredential, writeCredential } from "../../../clients/connect/credential.js";
import { lockCredential } from "../../../clients/connect/credential-lock.js";
import { encodePem } from "../authority/der/pem.js";
import { parseSerialNumber } from "../authority/serial-number.js";
import type { CertificateRecord, OperatorRole } from "../authority/types.js";
import type { Context } from "./context.js";
import { issueToOperator } from "./issuance.js";
import { createOwnKey } from "./own-key.js";

/** A credential that the CA makes for itself, in its own data folder. */
export interface OwnOperator {
  readonly name: string;
  readonly role: OperatorRole;
  /** For the gRPC server, the names in its certificate; for the enrolment service, the names that it may serve. */
  readonly serverNames: readonly string[];
}

/**
 * The credential in `folder`, or a new one when there is none, when it has lost its standing, when two thirds of its
 * life are over, when its operators authority is another, or when it lacks a name. A name too many is no reason: an address that
 * is gone for a moment comes back.
 */
export async function ensureCredential(context: Context, folder: string, operator: OwnOperator, address: string): Promise<Credential> {
  const ca = encodePem("CERTIFICATE", context.authorities.get("operators").authority.anchor);
  const present = await readPresent(context, folder);
  if (present !== undefined && present.ca === ca && (await isGood(context, present, operator))) {
    if (present.address === address) return present;
    const moved = { ...present, address };
    await writeCredential(moved);
    return moved;
  }
  return await createCredential(context, folder, operator, address);
}

/** Undefined where there is none, or none that can be used: that is in the log, since it was not always so. */
async function readPresent(context: Context, folder: string): Promise<Credential | undefined> {
  if (!existsSync(join(folder, "credential.json"))) return undefined;
  return await readCredential(folder).catch((error: unknown) => {
    context.log("credential.failed", { folder, detail: error instanceof Error ? error.message : String(error) });
    return undefined;
  });
}

/** A new key and a new certificate, written as a credential folder. */
export async function createCredential(context: Context, folder: string, operator: OwnOperator, address: string): Promise<Credential> {
  const { csr, key } = await createOwnKey();
  const { name: deviceName, role: operatorRole, serverNames } = operator;
  const record = await issueToOperator(context, undefined, { deviceName, operatorRole, serverNames, requestId: "" }, csr);
  const credential: Credential = {
    folder,
    address,
    ca: encodePem("CERTIFICATE", context.authorities.get("operators").authority.anchor),
    certificate: encodePem("CERTIFICATE", record.der),
    key,
    serverNames,
  };
  await writeCredential(credential);
  return credential;
}

async function isGood(context: Context, credential: Credential, operator: OwnOperator): Promise<boolean> {
  const certificate = new X509Certificate(credential.certificate);
  if (!certificate.checkPrivateKey(createPrivateKey(credential.key))) return false;
  const key = { authority: "operators", serialNumber: parseSerialNumber(certificate.serialNumber.toLowerCase()) } as const;
  const record: CertificateRecord | undefined = await context.store.getCertificate(key);
  return (
    record?.status === "valid" &&
    record.operatorRole === operator.role &&
    operator.serverNames.every((name) => record.serverNames.includes(name)) &&
    !isDueForRenewal(credential.certificate, context.clock.now())
  );
}

/**
 * Renews the administrator's credential in the data folder while it stands. One that was revoked, taken away or damaged stays
 * so: only `latchkey operator add --local` brings an administrator back.
 */
export async function renewCredential(context: Context, folder: string, operator: OwnOperator, address: string): Promise<void> {
  const present = await readPresent(context, folder);
  if (present === undefined) return;
  const certificate = new X509Certificate(present.certificate);
  const serialNumber = parseSerialNumber(certificate.serialNumber.toLowerCase());
  const record = await context.store.getCertificate({ authority: "operators", serialNumber });
  if (record?.status !== "valid") return;
  const isDue = isDueForRenewal(present.certificate, context.clock.now());
  if (!isDue && present.address === address) return;
  // `latchkey` renews the same folder on use; while it does, there is nothing to do here.
  const unlock = await lockCredential(folder);
  if (unlock === undefined) return;
  try {
    if (isDue) await createCredential(context, folder, operator, address);
    else await writeCredential({ ...present, address });
  } finally {
    await unlock();
  }
}
