import type { Command } from "commander";
import { oneOf } from "./choice.js";
import { plainCommand } from "./command.js";
import type { RenewOptions } from "./enroll/renew-here.js";

/** A profile is nothing that a laptop or a server installs. */
const FORMATS = ["pem", "pkcs12", "pkcs12-compatible"] as const;
export type EnrollFormat = (typeof FORMATS)[number];

export interface EnrollOptions {
  readonly fingerprint?: string;
  readonly systemTrust?: boolean;
  readonly passphraseFile?: string;
  readonly out?: string;
  readonly format: EnrollFormat;
  readonly encrypt?: boolean;
  readonly install?: boolean;
  readonly nssDb?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** The other end of `latchkey invite`: on a device with a terminal. It knows no CA and no operator, only the invitation. */
export function enrollCommand(): Command {
  return plainCommand(
    "enroll [url]",
    "On a laptop or a server: turn an invitation into a certificate, with a key that is made here and never leaves",
    "latchkey enroll https://192.168.1.20:8443/i/… --out ./house\nlatchkey enroll https://192.168.1.20:8443/i/… --install",
  )
    .option("--fingerprint <sha256>", "of the house's root certificate, as `latchkey invite` shows it (asked for at a terminal)")
    .option("--system-trust", "the service shows a public certificate: this system's roots have to know it")
    .option("--passphrase-file <file>", "the invitation's passphrase, in a file (asked for at a terminal)")
    .option("--out <folder>", "write key, certificate and root into this folder")
    .option("--format <format>", "with --out: pem, pkcs12 or pkcs12-compatible (for old programs)", oneOf("format", FORMATS), "pem")
    .option("--encrypt", "with --format pem: encrypt the key under the invitation's passphrase")
    .option("--install", "install for this user's browsers: NSS, the macOS keychain, or Windows' certificate store")
    .option(
      "--nss-db <folder>",
      "with --install: the NSS database to install into (~/.pki/nssdb, or ~/.local/share/pki/nssdb if that alone is there)",
    )
    .option("--force", "replace files that are there")
    .option("--json", "one JSON document on standard output")
    .action(async (url: string | undefined, options: EnrollOptions) => {
      const { enrollHere } = await import("./enroll/enroll-here.js");
      await enrollHere(url, options);
    })
    .addCommand(enrollRenewCommand());
}

function enrollRenewCommand(): Command {
  return plainCommand(
    "renew <folder> <url>",
    "Get the next certificate with the one in the folder, for a new key, at the devices' port",
    "latchkey enroll renew ./house https://192.168.1.20:8445 --if-due",
  )
    .option("--if-due", "only when two thirds of its life are over: for cron or a timer")
    .option("--revoke-old", "revoke the old one at once, instead of letting it end by itself")
    .option("--json", "one JSON document on standard output")
    .action(async (folder: string, url: string, options: RenewOptions) => {
      const { renewHere } = await import("./enroll/renew-here.js");
      await renewHere(folder, url, options);
    });
}
