import { type Connection, call } from "../../../clients/connect/connect.js";
import { RenewCertificateRequest, ReportSightingRequest } from "../../../generated/latchkey/v1/certificate_service.js";

/** How a device's certificate stands. */
export interface DeviceStanding {
  readonly status: string;
  readonly deviceName: string;
  readonly notAfter: Date;
}

/** A certificate that a device has shown, and holds the key of. */
interface Shown {
  /** Who has issued it. */
  readonly authority: string;
  readonly serialNumber: string;
}

export interface DeviceRenewal extends Shown {
  readonly csr: Buffer;
  /** The old key's, over the new one. */
  readonly signature: Buffer;
  readonly revokeOld: boolean;
}

export interface Renewed {
  readonly serialNumber: string;
  readonly deviceName: string;
  readonly notAfter: Date | undefined;
  readonly certificateChain: string;
}

/** Tells the CA that a device has been here, and learns how it stands. Throws CallError. */
export async function reportSighting(connection: Connection, shown: Shown): Promise<DeviceStanding> {
  const request = ReportSightingRequest.create({ name: nameOf(shown) });
  const { status, deviceName, notAfter } = await call(connection.certificates, "reportSighting", request);
  return { status, deviceName, notAfter: notAfter ?? new Date(0) };
}

/** Passes a device's wish for a new certificate on. The CA checks the signature itself: this service could not renew for anybody. */
export async function renew(connection: Connection, { csr, signature, revokeOld, ...shown }: DeviceRenewal): Promise<Renewed> {
  const request = RenewCertificateRequest.create({ name: nameOf(shown), csr, holderSignature: signature, revokeOld });
  const answer = await call(connection.certificates, "renewCertificate", request);
  const { deviceName, certificateChain, certificate } = answer;
  return { serialNumber: answer.serialNumber, deviceName, notAfter: certificate?.notAfter, certificateChain };
}

function nameOf({ authority, serialNumber }: Shown): string {
  return `authorities/${authority}/certificates/${serialNumber}`;
}
