import { type CertificateKey, type Der, type IssuedRecord, isOfDevices } from "../authority/types.js";
import type { Context } from "./context.js";

/** The record of a certificate of which no more is known than its number. It stays on the CRL as long as its authority lives: its own end is not known. */
export function unknownCertificate(context: Context, key: CertificateKey, deviceName: string, at: Date): IssuedRecord {
  const { authority, serialNumber } = key;
  return {
    authority,
    serialNumber,
    profile: isOfDevices(authority) ? "device" : authority === "servers" ? "server" : "operator",
    deviceName,
    deviceId: "",
    owner: "",
    operatorRole: "",
    serverNames: [],
    notBefore: at,
    notAfter: context.authorities.get(authority).authority.notAfter,
    issuedAt: at,
    keyAlgorithm: "",
    publicKeyHash: "",
    requestId: "",
    der: new Uint8Array() as Der,
  };
}
