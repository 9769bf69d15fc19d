import type { Hole } from "./hole.js";
import { isOn, type Server } from "./server.js";

/**
 * What OpenSSL may be told past nginx without anything changing about who is let in: algorithms and versions. Everything else is a
 * hole: `VerifyCAFile` replaces the CA and the CRL, `VerifyMode` the question for a certificate.
 */
const HARMLESS_COMMANDS: ReadonlySet<string> = new Set([
  "ciphersuites",
  "cipherstring",
  "groups",
  "curves",
  "signaturealgorithms",
  "minprotocol",
  "maxprotocol",
  "dhparameters",
  "recordpadding",
]);
const HARMLESS_OPTIONS: ReadonlySet<string> = new Set([
  "-sessionticket",
  "serverpreference",
  "-serverpreference",
  "prioritizechacha",
  "-prioritizechacha",
  "norenegotiation",
  "ktls",
  "-ktls",
  "middleboxcompat",
  "-middleboxcompat",
  "encryptthenmac",
  "-compression",
]);

/** TLS settings beyond CA and CRL that change who is let in. They count at the door, and at a server that begins its handshakes. */
export function auditTls(server: Server): Hole[] {
  return [...auditCommands(server), ...auditEarlyData(server)];
}

function auditCommands(server: Server): Hole[] {
  return server
    .settings("ssl_conf_command")
    .filter(({ args: [name = "", value = ""] }) => !isHarmless(name.toLowerCase(), value.toLowerCase()))
    .map(({ place, args }) => ({
      code: "TLS_COMMAND",
      message: `${place}: ssl_conf_command ${args.join(" ")} tells OpenSSL something past nginx that may change whom it trusts or what it asks for.`,
      remedy: "Remove it. Ciphersuites, Groups, SignatureAlgorithms, MinProtocol, MaxProtocol and options for speed are fine.",
    }));
}

function isHarmless(name: string, value: string): boolean {
  if (name !== "options") return HARMLESS_COMMANDS.has(name);
  return value.split(",").every((option) => HARMLESS_OPTIONS.has(option.trim().replace(/^\+/, "")));
}

function auditEarlyData(server: Server): Hole[] {
  const early = server.setting("ssl_early_data");
  if (!isOn(early)) return [];
  return [
    {
      code: "EARLY_DATA",
      message: `${early?.place}: ssl_early_data on answers requests before the handshake is done: whoever has recorded a device's first request can send it again.`,
      remedy: "Write: ssl_early_data off;",
    },
  ];
}
