import type { Hole } from "./hole.js";
import { keepingFaults } from "./keeping.js";
import { fileOf, isOurs, type Place, trustFilesOf } from "./place.js";
import { isOff, isOn, mayBeTls, type Server } from "./server.js";

/**
 * Does this server let devices in, or is it meant to? It names our CA or our CRL, itself or by inheritance, or verifies by a file that
 * our CA is in.
 */
export function isDoor(server: Server, place: Place): boolean {
  if (isOn(server.setting("ssl_reject_handshake"))) return false;
  const isOurOwn = (file: string | undefined) => isOurs(file, "devices-ca.pem", place) || isOurs(file, "devices-crl.pem", place);
  if (server.own.some((directive) => NAMES.includes(directive.name) && isOurOwn(fileOf(directive, place.prefix)))) return true;
  if (!mayBeTls(server)) return false;
  if (NAMES.some((name) => isOurOwn(fileOf(server.setting(name), place.prefix)))) return true;
  return verifies(server) && trustFilesOf(server, place.prefix).some((file) => place.trust.get(file) === "devices");
}

const NAMES = ["ssl_client_certificate", "ssl_trusted_certificate", "ssl_crl"];

/** Does this server ask for certificates at all, `optional` or not? */
export function verifies(server: Server): boolean {
  const verify = server.setting("ssl_verify_client");
  return verify !== undefined && !isOff(verify);
}

/** Does nginx ask every client of this server for a certificate, by our CA and our CRL alone? */
export function auditVerification(server: Server, place: Place): Hole[] {
  return [...auditVerify(server), ...auditCa(server, place), ...auditCrl(server, place), ...auditListens(server)];
}

function auditVerify(server: Server): Hole[] {
  const verify = server.setting("ssl_verify_client");
  if (isOn(verify)) return [];
  return [
    {
      code: "VERIFY_CLIENT_NOT_ON",
      message: `${verify?.place ?? server.place}: ssl_verify_client is ${verify?.args[0] ?? "off"}: ${server.label} lets in clients without a good certificate unless something else refuses them.`,
      remedy: "Write: ssl_verify_client on;",
    },
  ];
}

function auditCa(server: Server, place: Place): Hole[] {
  const holes: Hole[] = [];
  const [client, trusted] = [server.setting("ssl_client_certificate"), server.setting("ssl_trusted_certificate")];
  const [clientFile, trustedFile] = [fileOf(client, place.prefix), fileOf(trusted, place.prefix)];
  if (clientFile !== undefined && !isOurs(clientFile, "devices-ca.pem", place)) {
    holes.push({
      code: "CLIENT_CA_NOT_OURS",
      message: `${client?.place}: ssl_client_certificate is ${clientFile}: ${server.label} lets in whoever the CAs in that file have given a certificate, and this hook does not keep it.`,
      remedy: `Write: ssl_client_certificate ${place.dir}/devices-ca.pem;`,
    });
  }
  if (trustedFile !== undefined && !isOurs(trustedFile, "devices-ca.pem", place)) {
    holes.push({
      code: "TRUSTED_CERTIFICATE",
      message: `${trusted?.place}: ssl_trusted_certificate ${trustedFile} trusts the clients of every CA in that file, too, not only answers about stapling.`,
      remedy: "Remove ssl_trusted_certificate from this server, and ssl_stapling_verify with it.",
    });
  }
  return holes;
}

function auditCrl(server: Server, place: Place): Hole[] {
  const list = server.setting("ssl_crl");
  const file = fileOf(list, place.prefix);
  const remedy = `Write: ssl_crl ${place.dir}/devices-crl.pem;`;
  if (file === undefined && place.kept) return keepingFaults(server, place);
  if (file === undefined) {
    return [
      {
        code: "CRL_MISSING",
        message: `${list?.place ?? server.place}: ${server.label} has no ssl_crl: revoked devices are let in.`,
        remedy,
      },
    ];
  }
  if (isOurs(file, "devices-crl.pem", place)) return [];
  const message = `${list?.place}: ssl_crl is ${file}, which this hook does not keep fresh: devices revoked since are let in.`;
  return [{ code: "CRL_NOT_OURS", message, remedy }];
}

function auditListens(server: Server): Hole[] {
  return server.sockets
    .filter(({ tls }) => tls !== "yes")
    .map(({ place, text }) => ({
      code: "LISTENS_WITHOUT_TLS",
      message: `${place}: ${server.label} listens on ${text} without TLS as well, where nobody is asked for a certificate.`,
      remedy: "Give plain HTTP a server of its own that only returns 301 to https.",
    }));
}

/** Servers that verify by a file that nobody could look into: one with the devices CA in it would be a door. */
export function auditUnreadable(server: Server, place: Place): Hole[] {
  if (!mayBeTls(server) || !verifies(server) || isDoor(server, place)) return [];
  return trustFilesOf(server, place.prefix)
    .filter((file) => place.trust.get(file) === "unreadable")
    .map((file) => ({
      code: "CA_FILE_UNREADABLE",
      message: `${server.label} takes its clients' CAs from ${file}, which this hook can't read: with the devices CA in it, the server lets in revoked devices.`,
      remedy: `Let the hook's user read ${file}: certificates are public.`,
    }));
}
