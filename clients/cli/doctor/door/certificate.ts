import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { GetTrustBundleRequest } from "../../../../generated/latchkey/v1/publication_service.js";
import { call } from "../../../connect/connect.js";
import { relative } from "../../duration.js";
import { printable } from "../../terminal.js";
import { isOverdue } from "../certificates.js";
import { type Finding, found, ok, skipped } from "../finding.js";
import { formatHostPort } from "../host-port.js";
import type { Door } from "./door.js";
import type { DoorPlace } from "./place.js";
import { show } from "./show.js";

const RENEW =
  "Does `latchkey-nginx run` run on the nginx host, and does nginx's `ssl_certificate` name its server.crt? A public certificate: look at what renews it.";

/** Whether anybody answers, and with a certificate that a phone takes: under the house's root or a public one, for this name, not about to end. */
export async function* lookAtCertificate({ place, ca, shown: publicly, stop }: Door): AsyncGenerator<Finding> {
  if (publicly instanceof Error) return yield unreachable(place, publicly);
  const { certificate } = publicly;
  const root = ca === undefined ? undefined : await rootOf(ca.connection);
  const ours = root === undefined ? undefined : await show(place, root, stop);
  const errors = [publicly.error, ours === undefined || ours instanceof Error ? "UNKNOWN_ROOT" : ours.error];
  if (errors[1] === undefined) yield ok("The door's certificate is the house's own: it leads to the root that phones have installed.");
  else if (errors[0] === undefined) yield ok(`The door's certificate leads to a public root (${issuerOf(certificate)}).`);
  else if (errors.includes("CERT_HAS_EXPIRED")) {
    yield found("DOOR_CERTIFICATE_EXPIRED", `The door's certificate has expired (${certificate.validTo}): every phone refuses it.`, RENEW);
    return;
  } else if (root === undefined)
    yield skipped("Whether the door's certificate is the house's own: the CA has the root, and could not be asked.");
  else {
    const remedy =
      "`ssl_certificate` has to name the hook's server.crt, which has the intermediate in it, too; or a public certificate with its whole chain.";
    const what = `The door's certificate (of ${issuerOf(certificate)}) leads neither to the house's root nor to a public one (${errors[1]}): phones warn, and apps refuse.`;
    yield found("DOOR_CERTIFICATE_UNTRUSTED", what, remedy);
  }
  yield* nameAndLife(place, certificate);
}

function* nameAndLife({ host }: DoorPlace, certificate: X509Certificate): Generator<Finding> {
  const isFor = (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
  if (isFor) yield ok(`The door's certificate is for ${host}.`);
  else {
    const names = printable(certificate.subjectAltName ?? "nobody");
    const remedy = `The hook asks for the names that its operator was added with: \`latchkey operator add NAME --role nginx --server-name ${host}\`. Or does nginx answer with another server's block?`;
    yield found(
      "DOOR_CERTIFICATE_WRONG_NAME",
      `The door's certificate is for ${names}, and not for ${host}: every client refuses it.`,
      remedy,
    );
  }
  const [notBefore, notAfter] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  const end = `The door's certificate ends ${relative(notAfter, new Date())}`;
  if (isOverdue(notBefore, notAfter, new Date()))
    yield found("DOOR_CERTIFICATE_ENDS", `${end}, and should have been renewed by now.`, RENEW);
  else yield ok(`${end}.`);
}

function unreachable(place: DoorPlace, error: Error): Finding {
  if ("syscall" in error && error.syscall === "getaddrinfo") return skipped("The door's certificate: its name leads nowhere.");
  const where = place.connect ?? place;
  const remedy = "Does nginx run, does it listen there with `ssl`, and does a firewall let this host through?";
  return found(
    "DOOR_UNREACHABLE",
    `Nothing that speaks TLS answers at ${formatHostPort(where.host, where.port)}: ${error.message}.`,
    remedy,
  );
}

async function rootOf(connection: NonNullable<Door["ca"]>["connection"]): Promise<string | undefined> {
  const { anchors } = await call(connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  return anchors.find(({ authority }) => authority === "servers")?.certificate;
}

function issuerOf({ issuer }: X509Certificate): string {
  return printable(issuer.split("\n").join(", ")) || "an issuer without a name";
}
