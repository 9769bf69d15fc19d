import type { DoorFacts } from "./facts.js";

export function renderCaddy(facts: DoorFacts): string {
  const { dir, sites } = facts;
  return `{
	# \`caddy reload\` asks here.
	admin localhost:2019
${facts.httpPort === undefined ? "	auto_https disable_redirects\n" : `	http_port ${facts.httpPort}\n`}	https_port ${facts.httpsPort}
	default_bind ${facts.addresses.join(" ")}
}

# The CAs of the devices; and, since Caddy knows no CRL, who is revoked, by serial number: that is looked up at every request.
import ${dir}/revoked.caddy

${sites.map((site) => renderSite(site, facts)).join("\n")}`;
}

function renderSite({ names, backend }: DoorFacts["sites"][number], { certificate, hstsSeconds }: DoorFacts): string {
  return `${names.join(", ")} {
	tls ${certificate === undefined ? "" : `${certificate.certificate} ${certificate.key} `}{
		protocols tls1.3
		client_auth {
			mode require_and_verify
			import latchkey_devices
		}
	}
	# In this order, whatever Caddy's own is: nothing may come before the look at who is revoked.
	route {
		import latchkey_revoked
${hstsSeconds === 0 ? "" : `		header Strict-Transport-Security max-age=${hstsSeconds}\n`}		respond /latchkey-check "This device is let in." 200
		reverse_proxy ${backend.replace(/\/$/, "")} {
			# What a device itself says of this is overwritten. The serial number is in decimal here.
			header_up X-Device-Subject {http.request.tls.client.subject}
			header_up X-Device-Serial-Number {http.request.tls.client.serial}
			header_up -X-Device-Name
			header_up -X-Device-Id
			header_up X-Real-IP {http.request.remote.host}
			header_down -Strict-Transport-Security
		}
	}
}
`;
}
