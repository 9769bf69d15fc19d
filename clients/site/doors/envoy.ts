import { type DoorFacts, hostAndPort } from "./facts.js";

const TYPES = "type.googleapis.com/envoy.extensions";

/** Not run here: Debian has no Envoy. Written by its documentation (API v3). */
export function renderEnvoy({ dir, certificate, sites, addresses, httpsPort, hstsSeconds }: DoorFacts): string {
  const listeners = addresses.map((address, index) => renderListener(index + 1, address));
  return `static_resources:
  listeners:
${listeners.join("\n")}
  clusters:
${sites.map(({ backend }, index) => renderCluster(backend, index + 1)).join("\n")}
`;

  function renderListener(number: number, address: string): string {
    return `    - name: latchkey-${number}
      address: { socket_address: { address: "${address}", port_value: ${httpsPort} } }
      filter_chains:
        - transport_socket:
            name: envoy.transport_sockets.tls
            typed_config:
              "@type": ${TYPES}.transport_sockets.tls.v3.DownstreamTlsContext
              require_client_certificate: true
              # No TLS session is resumed: each connection is held against the CRL of the day.
              disable_stateless_session_resumption: true
              disable_stateful_session_resumption: true
              common_tls_context:
                alpn_protocols: [h2, http/1.1]
                tls_params: { tls_minimum_protocol_version: TLSv1_3 }
                tls_certificates:
                  - certificate_chain: { filename: ${certificate?.certificate} }
                    private_key: { filename: ${certificate?.key} }
                validation_context:
                  trusted_ca: { filename: ${dir}/devices-ca.pem }
                  crl: { filename: ${dir}/devices-crl.pem }
          filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": ${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: latchkey
                use_remote_address: true
                upgrade_configs: [{ upgrade_type: websocket }]
                # What a device itself says of this is overwritten.
                forward_client_cert_details: SANITIZE_SET
                set_current_client_cert_details: { subject: true, uri: true }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": ${TYPES}.filters.http.router.v3.Router }
                route_config:
                  request_headers_to_remove: [X-Device-Name, X-Device-Id]
                  request_headers_to_add:
                    - header: { key: X-Device-Subject, value: "%DOWNSTREAM_PEER_SUBJECT%" }
                      append_action: OVERWRITE_IF_EXISTS_OR_ADD
                    - header: { key: X-Device-Serial-Number, value: "%DOWNSTREAM_PEER_SERIAL%" }
                      append_action: OVERWRITE_IF_EXISTS_OR_ADD
${
  hstsSeconds === 0
    ? "                  response_headers_to_remove: [Strict-Transport-Security]"
    : `                  response_headers_to_add:
                    - header: { key: Strict-Transport-Security, value: "max-age=${hstsSeconds}" }
                      append_action: OVERWRITE_IF_EXISTS_OR_ADD`
}
                  virtual_hosts:
${sites.map(({ names }, index) => renderHost(names, index + 1)).join("\n")}`;
  }
}

function renderHost(names: readonly string[], number: number): string {
  return `                    - name: latchkey-${number}
                      domains: [${names.map((name) => `"${name}", "${name}:*"`).join(", ")}]
                      routes:
                        - match: { path: /latchkey-check }
                          direct_response: { status: 200, body: { inline_string: "This device is let in." } }
                        - match: { prefix: / }
                          route: { cluster: latchkey-${number}, timeout: 0s }`;
}

function renderCluster(backend: string, number: number): string {
  const { host, port, isHttps } = hostAndPort(backend);
  return `    - name: latchkey-${number}
      type: STRICT_DNS
      connect_timeout: 5s
      load_assignment:
        cluster_name: latchkey-${number}
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: ${host}, port_value: ${port} } } }
${isHttps ? `      # The backend's own certificate is not checked: keep it on a network that you trust.\n      transport_socket:\n        name: envoy.transport_sockets.tls\n        typed_config: { "@type": ${TYPES}.transport_sockets.tls.v3.UpstreamTlsContext }\n` : ""}`;
}
