import type { Settings } from "../config.js";
import { endingOf, OwnCertificateError, readOwnCertificate } from "../own-certificate.js";
import { LatchkeyError } from "./authority/error.js";
import { isPermitted, parseDomain } from "./authority/name-constraints.js";
import type { Passphrase } from "./keys/passphrase.js";
import type { ChannelTrouble } from "./notices/notices.js";
import type { Context } from "./workflows/context.js";
import type { EnrollmentPlace } from "./workflows/names.js";
import type { RecoveryFile } from "./workflows/recovery-file.js";
import type { StatusWarning } from "./workflows/status.js";

export const RECOVERY_WARNING = "RECOVERY_PASSPHRASE_ON_THIS_HOST";

const DOMAIN_WARNING = "DOMAIN_NOT_PERMITTED";

export const ENROLLMENT_WARNING: StatusWarning = {
  code: "ENROLLMENT_DOWN",
  message: "The enrolment service does not run, and is being started again: no phone can enrol. The log of `latchkey serve` says why.",
};

/** What the owner should know of secrets that lie on this host. */
export function warningsOf(passphrase: Passphrase, recovery: RecoveryFile | undefined): StatusWarning[] {
  const warnings: StatusWarning[] = [];
  if (passphrase.path !== undefined) {
    warnings.push({
      code: "PASSPHRASE_FILE_ON_THIS_HOST",
      message: `The passphrase of the CA's keys lies on this host, in ${passphrase.path}: who can read that file and the data folder has the CA. Back up the two to different places.`,
    });
  }
  if (recovery !== undefined) {
    warnings.push({
      code: RECOVERY_WARNING,
      message: `The recovery passphrase waits in ${recovery.path}: write it down on paper, then delete the file.`,
    });
  }
  return warnings;
}

/** The domains that the settings name beside what `servers` may certify: after the first run, naming one there changes nothing. */
export function domainWarnings({ settings, authorities }: Context): StatusWarning[] {
  const { permittedNames = { dns: [], addresses: [] } } = authorities.get("servers").authority;
  return settings.domains.flatMap((text) => {
    const domain = readDomain(text);
    if (domain instanceof LatchkeyError) return [{ code: DOMAIN_WARNING, message: domain.message }];
    if (isPermitted(domain, permittedNames)) return [];
    return [
      { code: DOMAIN_WARNING, message: `${domain} is not permitted yet, and can get no certificate: \`latchkey domain add ${domain}\`.` },
    ];
  });
}

/** Why phones may not find the enrolment service that runs here. */
export function placeWarnings({ enrollment }: Settings, { problem }: EnrollmentPlace): StatusWarning[] {
  return enrollment.enabled && problem !== undefined ? [problem] : [];
}

/** Of a certificate of the user's own: whether it can be used (where it is used on this host), and that it ends soon. */
export async function ownCertificateWarnings({ enrollment }: Settings, at: Date): Promise<StatusWarning[]> {
  const { tls, enabled } = enrollment;
  if (tls === undefined) return [];
  try {
    const ending = endingOf(tls, (await readOwnCertificate(tls)).certificate, at);
    return ending === undefined ? [] : [{ code: "ENROLLMENT_CERTIFICATE_ENDS", message: ending }];
  } catch (error) {
    if (!(error instanceof OwnCertificateError)) throw error;
    // The service on another host has its own files.
    const message = `${error.message} A service that runs goes on with the one before; started again, it waits until this is mended.`;
    return enabled ? [{ code: "ENROLLMENT_CERTIFICATE_UNUSABLE", message }] : [];
  }
}

const BY = { webhook: "webhook", email: "e-mail" } as const;

/** Whom no notice reaches, and why. Of the receiver its host alone: the rest of a webhook's address may be a secret. */
export function noticeWarnings(channels: readonly ChannelTrouble[]): StatusWarning[] {
  return channels.flatMap(({ channel, receiver, dead, failing, unusable }) => {
    const by = `by ${BY[channel]} to ${receiver}`;
    const warnings: StatusWarning[] = [];
    if (unusable !== undefined) {
      warnings.push({
        code: "NOTICES_UNUSABLE",
        message: `Notices ${by} can't be sent: ${unusable}. When it is mended: \`latchkey notice test\`.`,
      });
    }
    if (dead !== undefined) {
      const { count, devices, problem } = dead;
      const what = count === 1 ? "A notice" : `${count} notices`;
      const whose = devices.map((name) => `"${name}"`).join(", ");
      warnings.push({
        code: "NOTICES_UNDELIVERED",
        message: `${what} of expiring certificates (${whose}${count > devices.length ? " and others" : ""}) could not be delivered ${by} within a day: ${problem}. Mend it, then \`latchkey notice test\`: when that gets through, they are sent, too.`,
      });
    }
    if (failing !== undefined && unusable === undefined) {
      warnings.push({
        code: "NOTICES_DELAYED",
        message: `Notices ${by} do not get through, and are tried again over a day: ${failing}. \`latchkey notice test\` tries at once.`,
      });
    }
    return warnings;
  });
}

function readDomain(text: string): string | LatchkeyError {
  try {
    return parseDomain(text);
  } catch (error) {
    if (error instanceof LatchkeyError) return error;
    throw error;
  }
}
