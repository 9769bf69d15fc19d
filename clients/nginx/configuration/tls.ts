import { CRL_FILE } from "../revocation-files.js";
import type { ConfigurationOptions } from "./options.js";

const CIPHERS = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"];
/**
 * Forward secret and authenticated ones alone (RFC 9325 §4.2). Those with DHE need the group of `ssl_dhparam`: without it nginx never
 * chooses them.
 */
const ECDHE = ["ECDSA", "RSA"].flatMap((signature) => CIPHERS.map((cipher) => `ECDHE-${signature}-${cipher}`));
const DHE = CIPHERS.map((cipher) => `DHE-RSA-${cipher}`);

/**
 * Versions, ciphers and sessions. Every server of a port gets the same: a handshake begins with those of the port's default server,
 * whatever name it asks for.
 */
export function renderTls({ tls12 }: ConfigurationOptions): string {
  return `${tls12 === undefined ? "  ssl_protocols TLSv1.3;" : renderTls12(tls12.dhparam)}
  # No TLS session outlives a connection: each one is checked as things stand that day. For thousands of clients,
  # "ssl_session_cache none;" with tickets on is as safe (ticket keys are new at every reload) and saves handshakes.
  # Never "shared:": such sessions survive a reload, and revoked devices with them.
  ssl_session_cache off;
  ssl_session_tickets off;
  ssl_early_data off;`;
}

function renderTls12(dhparam: string | undefined): string {
  const ciphers = dhparam === undefined ? ECDHE : [...ECDHE, ...DHE];
  return `  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${ciphers.join(":")};${dhparam === undefined ? "" : `\n  ssl_dhparam ${dhparam};`}`;
}

/** Without ssl_ocsp_cache: an answer that is kept is a revoked device that goes on. */
function renderOcsp(responder: string): string {
  return `  # The CA is asked at each handshake. When it is away, nobody is let in.
  ssl_ocsp on;
  ssl_ocsp_responder ${responder};`;
}

function renderCrl(dir: string, atExpiry: ConfigurationOptions["atExpiry"]): string {
  if (atExpiry !== "keep-last-good") return `  ssl_crl                ${dir}/devices-crl.pem;`;
  return `  # Names the CRL, and when that has ended refuses by its list: before anything else here that could answer.
  include ${dir}/${CRL_FILE};`;
}

/** Who nginx says that it is, and whom it lets in: devices that the house has let in, and has not turned away since. */
export function renderVerification({ dir, certificate, ocsp, atExpiry }: ConfigurationOptions): string {
  const own = certificate ?? { certificate: `${dir}/server.crt`, key: `${dir}/server.key` };
  return `  ssl_certificate     ${own.certificate};
  ssl_certificate_key ${own.key};

  # Only devices that the house has let in, and has not turned away since. No ssl_trusted_certificate: it lets in its clients, too.
  ssl_client_certificate ${dir}/devices-ca.pem;
${ocsp === undefined ? renderCrl(dir, atExpiry) : renderOcsp(ocsp.responder)}
  ssl_verify_client on;`;
}
