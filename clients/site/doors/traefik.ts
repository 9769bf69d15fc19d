import type { DoorFacts } from "./facts.js";

export function renderTraefik({ dir, certificate, sites, hstsSeconds }: DoorFacts): string {
  return `# TRAEFIK KNOWS NO REVOCATION OF DEVICES, neither by a CRL nor by OCSP: a lost phone gets in until its certificate ends, or until this CA is replaced.
# Use another front door, or put one before it.
tls:
  options:
    latchkey:
      minVersion: VersionTLS13
      sniStrict: true
      clientAuth:
        clientAuthType: RequireAndVerifyClientCert
        caFiles:
          - ${dir}/devices-ca.pem
${certificate === undefined ? "" : `  certificates:\n    - certFile: ${certificate.certificate}\n      keyFile: ${certificate.key}\n`}http:
  middlewares:
    latchkey:
      headers:
        customRequestHeaders:
          X-Device-Name: ""
          X-Device-Id: ""
          X-Device-Serial-Number: ""
          X-Device-Subject: ""
        stsSeconds: ${hstsSeconds}
    # Whose certificate it is, as X-Forwarded-Tls-Client-Cert-Info.
    latchkey-device:
      passTLSClientCert:
        info:
          serialNumber: true
          subject:
            commonName: true
  routers:
${sites
  .map(
    ({ names }, index) => `    latchkey-${index + 1}:
      rule: "${names.map((name) => `Host(\`${name}\`)`).join(" || ")}"
      entryPoints: [websecure]
      middlewares: [latchkey, latchkey-device]
      service: latchkey-${index + 1}
      tls:
        options: latchkey`,
  )
  .join("\n")}
  services:
${sites
  .map(
    ({ backend }, index) => `    latchkey-${index + 1}:
      loadBalancer:
        servers:
          - url: ${backend}`,
  )
  .join("\n")}
`;
}
