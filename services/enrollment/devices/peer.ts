import { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";

/** The device at the other end, as its certificate says, and as TLS has checked it. */
export type Peer =
  /** It holds the key of a device's certificate that has not ended. Whether it still stands, the CA knows. */
  | { readonly kind: "device"; readonly authority: string; readonly serialNumber: string }
  /** It holds the key, but the certificate's time is over. */
  | { readonly kind: "expired" }
  /** It has shown none, or one of somebody else's. */
  | { readonly kind: "nobody" };

/** An authority whose certificates devices come with. */
export interface PeerCa {
  readonly authority: string;
  readonly certificate: X509Certificate;
}

export function toPeerCa({ authority, certificate }: { readonly authority: string; readonly certificate: string }): PeerCa {
  return { authority, certificate: new X509Certificate(certificate) };
}

export function peerOf(request: IncomingMessage, cas: readonly PeerCa[]): Peer {
  const { socket } = request;
  if (!(socket instanceof TLSSocket)) return { kind: "nobody" };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { kind: "nobody" };
  if (socket.authorized) {
    // Serial numbers of two CAs may be the same: who has signed it counts.
    const issuer = cas.find((ca) => certificate.verify(ca.certificate.publicKey));
    return issuer === undefined
      ? { kind: "nobody" }
      : { kind: "device", authority: issuer.authority, serialNumber: serialNumberOf(certificate) };
  }
  return { kind: String(socket.authorizationError) === "CERT_HAS_EXPIRED" ? "expired" : "nobody" };
}

/** Lower-case hex, two digits an octet. */
function serialNumberOf(certificate: X509Certificate): string {
  const hex = certificate.serialNumber.toLowerCase();
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}
