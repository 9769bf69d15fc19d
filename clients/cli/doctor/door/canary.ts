import { randomBytes } from "node:crypto";
import {
  IssueCertificateRequest,
  RevokeCertificateRequest,
  type RevokeCertificateResponse,
} from "../../../../generated/latchkey/v1/certificate_service.js";
import { createDeviceKey } from "../../../../services/enrollment/bundle/device-key.js";
import { type Connection, call } from "../../../connect/connect.js";
import { CANARY_OWNER } from "../canary-left.js";
import type { Identity } from "./ask.js";

/** A device of the doctor's own, for as long as the examination takes. */
export interface Canary {
  readonly deviceName: string;
  /** Answers its certificate and its key, which is nowhere else. */
  issue(): Promise<Identity>;
  /** Idempotent. */
  revoke(): Promise<RevokeCertificateResponse>;
  /** Revokes it, if it may be valid. Answers what remains to be said when that fails. */
  end(): Promise<string | undefined>;
}

/** The name of no other device: two doctors at a time don't meet, and a revocation by name reaches this one alone. */
export function newCanaryName(): string {
  return `latchkey doctor canary ${randomBytes(6).toString("hex")}`;
}

/** Issues it. Whoever calls revokes it whatever happens, also when this throws: an answer can be lost. */
export async function issueCanary({ certificates }: Connection, deviceName: string): Promise<Identity> {
  const { privateKey, csr } = await createDeviceKey();
  const request = IssueCertificateRequest.create({ csr: Buffer.from(csr), deviceName, owner: CANARY_OWNER });
  const { certificate } = await call(certificates, "issueCertificate", request);
  return { certificate: certificate?.pem ?? "", key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

export function revokeCanary({ certificates }: Connection, deviceName: string): Promise<RevokeCertificateResponse> {
  const selector = { selected: { $case: "deviceName" as const, value: deviceName } };
  const request = RevokeCertificateRequest.create({ selector, reason: "cessationOfOperation" });
  return call(certificates, "revokeCertificate", request);
}
