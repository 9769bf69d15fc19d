import type { Hole } from "./hole.js";
import { fileOf, isOn, type Server } from "./server.js";

/** Where the hook keeps what nginx verifies devices with, and what nginx takes relative names from. Absolute folders. */
export interface Folders {
  readonly dir: string;
  readonly prefix: string;
}

/** Does this server let devices in, or is it meant to? It names our CA or our CRL, itself or by inheritance. */
export function isDoor(server: Server, { dir, prefix }: Folders): boolean {
  const ours = new Set([`${dir}/devices-ca.pem`, `${dir}/devices-crl.pem`]);
  const names = ["ssl_client_certificate", "ssl_trusted_certificate", "ssl_crl"];
  const isOurs = (file: string | undefined) => file !== undefined && ours.has(file);
  if (isOn(server.setting("ssl_reject_handshake"))) return false;
  if (server.own.some((directive) => names.includes(directive.name) && isOurs(fileOf(directive, prefix)))) return true;
  return server.listens.some(({ isTls }) => isTls) && names.some((name) => isOurs(fileOf(server.setting(name), prefix)));
}

/** Does nginx ask every client of this server for a certificate, by our CA and our CRL alone? */
export function auditVerification(server: Server, folders: Folders): Hole[] {
  const { dir, prefix } = folders;
  const ca = `${dir}/devices-ca.pem`;
  const crl = `${dir}/devices-crl.pem`;
  const holes: Hole[] = [];

  const verify = server.setting("ssl_verify_client");
  if (!isOn(verify)) {
    const value = verify?.args[0] ?? "off";
    holes.push({
      code: "VERIFY_CLIENT_NOT_ON",
      message: `${verify?.place ?? server.place}: ssl_verify_client is ${value}: ${server.label} lets in clients without a good certificate unless something else refuses them.`,
      remedy: "Write: ssl_verify_client on;",
    });
  }

  const clientCa = server.setting("ssl_client_certificate");
  if (clientCa !== undefined && fileOf(clientCa, prefix) !== ca) {
    holes.push({
      code: "CLIENT_CA_NOT_OURS",
      message: `${clientCa.place}: ssl_client_certificate is ${fileOf(clientCa, prefix)}: ${server.label} lets in whoever that CA has given a certificate.`,
      remedy: `Write: ssl_client_certificate ${ca};`,
    });
  }

  const trusted = server.setting("ssl_trusted_certificate");
  if (trusted !== undefined && fileOf(trusted, prefix) !== ca) {
    holes.push({
      code: "TRUSTED_CERTIFICATE",
      message: `${trusted.place}: ssl_trusted_certificate ${fileOf(trusted, prefix)} trusts the clients of every CA in that file, too, not only answers about stapling.`,
      remedy: "Remove ssl_trusted_certificate from this server, and ssl_stapling_verify with it.",
    });
  }

  const list = server.setting("ssl_crl");
  if (list === undefined) {
    holes.push({
      code: "CRL_MISSING",
      message: `${server.place}: ${server.label} has no ssl_crl: revoked devices are let in.`,
      remedy: `Write: ssl_crl ${crl};`,
    });
  } else if (fileOf(list, prefix) !== crl) {
    holes.push({
      code: "CRL_NOT_OURS",
      message: `${list.place}: ssl_crl is ${fileOf(list, prefix)}, which this hook does not keep fresh: devices revoked since are let in.`,
      remedy: `Write: ssl_crl ${crl};`,
    });
  }

  for (const listen of server.listens.filter(({ isTls }) => !isTls)) {
    holes.push({
      code: "LISTENS_WITHOUT_TLS",
      message: `${listen.place}: ${server.label} listens on ${listen.socket} without TLS as well, where nobody is asked for a certificate.`,
      remedy: "Give plain HTTP a server of its own that only returns 301 to https.",
    });
  }
  return holes;
}
