import type { Hole } from "./hole.js";
import type { Server } from "./server.js";

/**
 * Directives of nginx and of modules that are often beside it, which let in nobody who was refused, at a door or around it: what they do, they
 * do after the check of the certificate, or not to requests. Those that count are audited by name (`ssl_…`, error pages, sessions).
 * What is not here is not known, and a hole: a module may answer before nginx asks, or change what it asks for. Read from the sources of
 * nginx 1.31 and from the modules' documents.
 */
const KNOWN: ReadonlySet<string> = new Set(
  `
  absolute_redirect access_log add_after_body add_before_body add_header add_header_inherit add_trailer add_trailer_inherit addition_types
  aio aio_write allow alias autoindex break charset charset_map charset_types chunked_transfer_encoding connection_pool_size
  create_full_put_path dav_access dav_methods default_type degradation degrade deny directio directio_alignment disable_symlinks early_hints
  error_log error_page etag expires geo gunzip gunzip_buffers if if_modified_since ignore_invalid_headers index keepalive_disable
  keepalive_min_timeout keepalive_requests keepalive_time keepalive_timeout keyval keyval_zone large_client_header_buffers limit_conn_zone
  limit_rate limit_rate_after limit_req_zone lingering_close lingering_time lingering_timeout listen location log_format log_not_found
  log_subrequest map map_hash_bucket_size map_hash_max_size match max_headers max_ranges merge_slashes min_delete_depth msie_padding
  msie_refresh output_buffers override_charset port_in_redirect post_action postpone_gzipping postpone_output read_ahead
  recursive_error_pages referer_hash_bucket_size referer_hash_max_size request_pool_size reset_timedout_connection resolver resolver_timeout
  return rewrite rewrite_log root satisfy send_lowat send_timeout server server_name server_name_in_redirect server_tokens set
  set_real_ip_from slice source_charset split_clients status_zone stub_status subrequest_output_buffer_size tcp_nodelay tcp_nopush try_files
  types underscores_in_headers uninitialized_variable_warn upstream valid_referers

  ssl ssl_alpn ssl_buffer_size ssl_certificate ssl_certificate_cache ssl_certificate_compression ssl_certificate_key ssl_ciphers
  ssl_client_certificate ssl_conf_command ssl_crl ssl_dhparam ssl_early_data ssl_ecdh_curve ssl_handshake_timeout ssl_ocsp ssl_ocsp_cache
  ssl_ocsp_responder ssl_password_file ssl_prefer_server_ciphers ssl_preread ssl_protocols ssl_reject_handshake ssl_session_cache
  ssl_session_ticket_key ssl_session_tickets ssl_session_timeout ssl_stapling ssl_stapling_file ssl_stapling_responder ssl_stapling_verify
  ssl_trusted_certificate ssl_verify_client ssl_verify_depth

  geoip2 js_engine js_import js_include js_path js_preload_object js_set js_var js_shared_dict_zone js_context_reuse
  more_clear_headers more_clear_input_headers more_set_headers more_set_input_headers perl_modules perl_require perl_set
  access_by_lua access_by_lua_block access_by_lua_file init_by_lua init_by_lua_block init_by_lua_file
  init_worker_by_lua init_worker_by_lua_block init_worker_by_lua_file log_by_lua log_by_lua_block log_by_lua_file
  `
    .trim()
    .split(/\s+/),
);

/** Families: what nginx does towards servers behind it, limits, compression, who is asked for a password after the certificate. */
const FAMILIES = [
  /^(proxy|fastcgi|uwsgi|scgi|grpc|memcached|tunnel)_/,
  /^(client|send|open_file_cache|sendfile|server_names_hash|variables_hash|types_hash|limit_conn|limit_req|open_log_file)(_|$)/,
  /^(gzip|brotli|zstd|sub_filter|ssi|image_filter|xml|xslt|mp4|userid|mirror|autoindex|ancient_browser|modern_browser)(_|$)/,
  /^(auth|real_ip|secure_link|geoip|http2|http3|quic|js_fetch)(_|$)/,
  /^(lua|modsecurity|vhost_traffic_status|otel|opentracing|passenger|fancyindex)(_|$)/,
];

function isKnown(name: string): boolean {
  return KNOWN.has(name) || FAMILIES.some((family) => family.test(name));
}

/** Directives at the door, or in `http` around it, that nobody here knows. Inside a location they come after the check. */
export function auditUnknown(server: Server): Hole[] {
  const directives = server.protocol === "http" ? [...server.own, ...server.outer] : [...server.own, ...server.outer].filter(isAboutTls);
  return holesOf(directives.filter(({ name }) => !isKnown(name)));
}

/** The same of a server that begins the door's handshakes: its TLS settings alone reach the door. */
export function auditUnknownTls(server: Server): Hole[] {
  return holesOf([...server.own, ...server.outer].filter((directive) => isAboutTls(directive) && !isKnown(directive.name)));
}

function isAboutTls({ name }: { readonly name: string }): boolean {
  return name.startsWith("ssl");
}

function holesOf(directives: Server["own"]): Hole[] {
  return directives.map(({ name, place }) => ({
    code: "UNKNOWN_DIRECTIVE",
    message: `${place}: ${name} is not a directive that this hook knows: it may answer requests, or change the handshake, before nginx looks at the certificate.`,
    remedy:
      "Move it into the location that it is for: there nginx has looked. If it is harmless where it is, tell us, and it will be known.",
  }));
}
