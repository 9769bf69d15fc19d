import type { CertificateRecord, NoticeKey, NoticeRecord } from "../authority/types.js";
import { DAY_MILLIS } from "./due.js";

/** What a channel sends: the same in every try, so that whoever gets it twice can tell by its id. */
export interface Message {
  /** Letters, digits and `_` alone: it is an HTTP header, and a part of a Message-ID. */
  readonly id: string;
  readonly type: "certificate.expiring" | "notice.test";
  /** When it became due. */
  readonly time: Date;
  /** For programs. */
  readonly data: Readonly<Record<string, string | number>>;
  /** For people. One line. */
  readonly subject: string;
  readonly text: string;
}

export function messageId({ serialNumber, daysBefore, channel }: NoticeKey): string {
  return `expiring_${serialNumber}_${daysBefore}_${channel}`;
}

/** Which device, whose, when its certificate ends, and what to do. */
export function expiringMessage(notice: NoticeRecord, certificate: CertificateRecord): Message {
  const { dueAt } = notice;
  const { serialNumber, deviceId, notAfter } = certificate;
  const [deviceName, owner] = [oneLine(certificate.deviceName), oneLine(certificate.owner)];
  const daysLeft = Math.ceil((notAfter.getTime() - dueAt.getTime()) / DAY_MILLIS);
  const days = daysLeft === 1 ? "1 day" : `${daysLeft} days`;
  const end = notAfter.toISOString();
  const whose = owner === "" ? "" : ` (${owner})`;
  return {
    id: messageId(notice),
    type: "certificate.expiring",
    time: dueAt,
    data: { deviceName, owner, deviceId, serialNumber, notAfter: end, daysLeft },
    subject: `The certificate of "${deviceName}" ends in ${days}`,
    text: [
      `The certificate of "${deviceName}"${whose} ends on ${end.slice(0, 10)} at ${end.slice(11, 16)} UTC: ${days} from ${dueAt.toISOString().slice(0, 10)}.`,
      "From then on the device is refused at the door.",
      "",
      "To renew it, run this where you administer Latchkey, and open the link on the device, on your LAN:",
      "",
      `  latchkey invite --renew ${quoted(deviceName)}`,
      "",
      `Serial number ${serialNumber}. You are told once for each of the times that your settings name (notices.daysBefore).`,
    ].join("\n"),
  };
}

/** By which an administrator sees that a channel works. */
export function testMessage(id: string, at: Date): Message {
  return {
    id: `test_${id.replaceAll("-", "")}`,
    type: "notice.test",
    time: at,
    data: {},
    subject: "A test notice from Latchkey",
    text: [
      `Somebody ran \`latchkey notice test\` on ${at.toISOString().slice(0, 10)} at ${at.toISOString().slice(11, 16)} UTC, and this is what came of it: notices arrive here.`,
      "You will be told here before a device's certificate ends.",
    ].join("\n"),
  };
}

/** Names hold no control characters; an adopted or older record might. Nothing that could end a header's line leaves here. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

/** For a shell: between double quotes where that is harmless, so that it reads like in the documentation. */
function quoted(name: string): string {
  return /["$`\\!]/.test(name) ? `'${name.replaceAll("'", `'\\''`)}'` : `"${name}"`;
}
