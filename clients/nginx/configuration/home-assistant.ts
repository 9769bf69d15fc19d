const HOME_ASSISTANT_PORT = "8123";

/** Known by its port: what else listens there? */
export function isHomeAssistant(backend: string): boolean {
  return new URL(backend).port === HOME_ASSISTANT_PORT;
}

/** Is what nginx guards on nginx's own host? */
function isThisHost(backend: string): boolean {
  const { hostname } = new URL(backend);
  return ["localhost", "[::1]"].includes(hostname) || hostname.startsWith("127.");
}

/**
 * The addresses that nginx comes from, as the backend sees them.
 *
 * @param nginx the addresses of nginx's host in the LAN
 */
export function trustedProxiesOf(backend: string, nginx: readonly string[]): readonly string[] {
  return isThisHost(backend) ? ["127.0.0.1", "::1"] : nginx;
}

/** Home Assistant answers 400 to what comes through a proxy that it was not told of. */
export function renderHomeAssistant(trustedProxies: readonly string[]): string {
  return `http:
  use_x_forwarded_for: true
  trusted_proxies:
${trustedProxies.map((proxy) => `    - ${proxy}`).join("\n")}
`;
}
