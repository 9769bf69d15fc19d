import { X509Certificate } from "node:crypto";
import type { CertificateSelector } from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, call } from "../connect/connect.js";
import { CommandError } from "./error.js";
import { readNamed } from "./read-named.js";

const LARGEST_CERTIFICATE_OCTETS = 1024 * 1024;

interface Named {
  readonly selector: CertificateSelector;
  readonly label: string;
}

/** `adopted-1/0a`: a certificate by who has issued it and its number, whether the CA has it on record or not. */
export function nameOfNumber(id: string): Named | undefined {
  const [, authority, serial = ""] = /^(devices|servers|operators|adopted-[1-9])\/((?:[0-9a-f]{1,2}:?)+)$/i.exec(id) ?? [];
  return authority === undefined ? undefined : named(authority.toLowerCase(), serial.replaceAll(":", ""));
}

/** The certificate in a file, by which of the CA's authorities has signed it. Throws CERTIFICATE_NOT_FOUND for one of none of them. */
export async function nameOfFile(connection: Connection, path: string): Promise<Named> {
  const certificate = readCertificate(await readNamed(path, "The certificate", LARGEST_CERTIFICATE_OCTETS), path);
  const { anchors } = await call(connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  const issuer = anchors.find((anchor) =>
    [anchor.certificate, ...anchor.intermediates].some((pem) => certificate.verify(new X509Certificate(pem).publicKey)),
  );
  if (issuer === undefined)
    throw new CommandError(
      "CERTIFICATE_NOT_FOUND",
      `${path} is no certificate of this CA, nor of one that it has adopted: nothing was changed.`,
    );
  return named(issuer.authority, certificate.serialNumber);
}

function readCertificate(octets: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(octets);
  } catch (cause) {
    throw new CommandError("FILE_UNREADABLE", `${path} holds no certificate, in PEM or DER.`, { cause });
  }
}

function named(authority: string, serial: string): Named {
  const hex = (serial.length % 2 === 0 ? serial : `0${serial}`).toLowerCase();
  const value = `authorities/${authority}/certificates/${hex}`;
  return { selector: { selected: { $case: "name", value } }, label: `${authority}/${hex}` };
}
