import type { CreateInvitationResponse } from "../../generated/latchkey/v1/invitation_service.js";

/**
 * The two sheets of an invitation, each a page that needs nothing from elsewhere, for A4 and Letter, in black and white. Code and passphrase are
 * never on one: who finds one of the sheets can do nothing with it.
 */

/** For the wall beside the router, or the hand of the phone's owner. `code`: the link's QR code as SVG. */
export function renderCodeSheet({ invitation, url, caFingerprint }: CreateInvitationResponse, code: string): string {
  const picture = code.replace("<svg ", '<svg role="img" aria-label="QR code of the link" ');
  const compare =
    caFingerprint === ""
      ? ""
      : `<li>The browser warns, since it does not know the house yet: go on, and follow the page.</li>
<li>Before you trust the house's certificate, compare the fingerprint on the <strong>phone's own</strong> certificate screen with this one
(SHA-256). Not the same? Stop, and tell the owner.<p class="fingerprint">${fingerprintLines(caFingerprint)}</p></li>`;
  return page(
    `An invitation for ${invitation?.deviceName ?? ""}`,
    `<p>Good once, until <strong>${escapeHtml(longTime(invitation?.expireTime))}</strong>.</p>
<div class="code">${picture}</div>
<p class="link">${escapeHtml(url)}</p>
<ol>
<li>On the house's own Wi-Fi, point the phone's camera at the code, or type the link.</li>
${compare}
<li>When it asks for a passphrase, type the one on the <strong>other sheet</strong>.</li>
</ol>`,
  );
}

export function renderPassphraseSheet({ invitation, passphrase }: CreateInvitationResponse): string {
  return page(
    `The passphrase for ${invitation?.deviceName ?? ""}`,
    `<p>Good once, until <strong>${escapeHtml(longTime(invitation?.expireTime))}</strong>.</p>
<p class="passphrase">${escapeHtml(passphrase)}</p>
<p>Type it when the phone asks for it: small letters and digits, hyphens included.</p>
<p>Let this sheet go another way than the one with the code, and destroy both when the phone opens the door.</p>`,
  );
}

const STYLE = `@page { margin: 18mm; }
body { margin: 0 auto; max-width: 170mm; background: #fff; color: #000; font: 12pt/1.45 sans-serif; }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 4mm; overflow-wrap: anywhere; }
p { margin: 2mm 0; } ol { margin: 4mm 0; padding-left: 8mm; } li { margin: 2mm 0; }
@media screen { body { padding: 8mm; } }
.code { width: 85mm; height: 85mm; margin: 4mm auto; break-inside: avoid; } .code svg { width: 100%; height: 100%; }
.link { text-align: center; } .link, .fingerprint, .passphrase { font-family: monospace; overflow-wrap: anywhere; }
.passphrase { margin: 12mm 0; padding: 6mm; border: 1mm solid #000; font-size: 28pt; text-align: center; }`;

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
</body>
</html>
`;
}

/** As phones show it: 16 pairs a line. */
function fingerprintLines(fingerprint: string): string {
  return (fingerprint.match(/.{1,48}/g) ?? []).map((line) => escapeHtml(line.replace(/:$/, ""))).join("<br>");
}

/** With its day and time zone: a sheet lies about for days. */
function longTime(time: Date | undefined): string {
  return (time ?? new Date()).toLocaleString("en-GB", {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  });
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
