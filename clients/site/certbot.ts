import type { PreparedSite } from "./prepared.js";
import type { RenderedFile } from "./rendered-file.js";

/** Where certbot keeps what is in use: a folder of links for each certificate. */
const LINEAGE = /^(\/etc\/letsencrypt\/live\/[^/]+)\/[^/]+$/;

/** certbot's folder of this certificate; undefined where it is none of certbot's. */
export function lineageOf(certificate: string): string | undefined {
  return LINEAGE.exec(certificate)?.[1];
}

/** What certbot runs after a renewal, where nginx is the front door: it reads its certificate at a reload alone. */
export function renderCertbot({ nginx, frontDoor }: PreparedSite): RenderedFile[] {
  if (frontDoor !== "nginx") return [];
  const lineage = nginx.certificate === undefined ? undefined : lineageOf(nginx.certificate.certificate);
  if (lineage === undefined) return [];
  const goesTo = "/etc/letsencrypt/renewal-hooks/deploy/latchkey on the nginx host, mode 0755; try it with certbot renew --force-renewal.";
  return [{ path: "certbot/latchkey", goesTo, undo: "delete it.", body: renderScript(lineage, nginx.certificate?.enrollment) }];
}

function renderScript(lineage: string, enrollment: { folder: string; user: string } | undefined): string {
  return `#!/bin/sh
set -eu
[ "$RENEWED_LINEAGE" = '${lineage}' ] || exit 0
# nginx first: whatever becomes of the copy, the door has its new certificate.
nginx -t
nginx -s reload
${enrollment === undefined ? "" : renderCopy(enrollment)}`;
}

/** Written by the user whose folder it is: root would follow whatever link lies there. */
function renderCopy({ folder, user }: { folder: string; user: string }): string {
  return `# Latchkey's enrolment service (enrollment.tls) reads its copy again by itself.
copy() {
  runuser -u ${user} -- sh -c 'umask 077; cat > "$1.new" && mv -f "$1.new" "$1"' copy "${folder}/$1" < "$RENEWED_LINEAGE/$1"
}
runuser -u ${user} -- mkdir -p -m 0700 '${folder}'
copy privkey.pem
copy fullchain.pem
`;
}
