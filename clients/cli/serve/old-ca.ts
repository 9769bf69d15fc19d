import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { OldCa } from "../../../services/ca/adopt.js";
import { CommandError } from "../error.js";
import { ask } from "../question.js";
import { readNamed } from "../read-named.js";

/** Where a CA lies that is to be taken over. */
export interface OldCaFiles {
  /** The folder of easy-rsa (`pki`), of `openssl ca` (`demoCA`) or of mkcert: what is not named is looked for in it. */
  readonly pki?: string;
  readonly ca?: string;
  readonly key?: string;
  readonly keyPassphraseFile?: string;
  readonly certificates?: string;
  readonly index?: string;
  readonly crl?: string;
}

/** What the programs call their files, within their folder. */
const PLACES = {
  ca: ["ca.crt", "cacert.pem", "rootCA.pem"],
  key: ["private/ca.key", "private/cakey.pem", "rootCA-key.pem"],
  index: ["index.txt"],
  crl: ["crl.pem", "crl/crl.pem"],
  crlNumber: ["crlnumber"],
} as const;
const FOLDERS = ["issued", "certs_by_serial", "revoked/certs_by_serial", "newcerts", "certs"] as const;
const LARGEST_FILE_OCTETS = 64 * 1024 * 1024;
const LARGEST_CERTIFICATE_OCTETS = 1024 * 1024;
const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----.*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/gs;

/** Reads all that is there. Throws FILE_NOT_FOUND, FILE_UNREADABLE, USAGE, PASSPHRASE_MISSING, PASSPHRASE_WRONG, CA_NOT_ADOPTABLE. */
export async function readOldCa(files: OldCaFiles): Promise<OldCa> {
  const place = (what: keyof typeof PLACES) => PLACES[what].map((name) => join(files.pki ?? "", name)).find((path) => existsSync(path));
  const within = (what: keyof typeof PLACES) => (files.pki === undefined ? undefined : place(what));
  const [ca, key] = [files.ca ?? within("ca"), files.key ?? within("key")];
  if (ca === undefined || key === undefined) {
    const where =
      files.pki === undefined
        ? "Name the CA's files: --ca FILE --key FILE, or its folder: --pki FOLDER"
        : `${files.pki} is no folder of easy-rsa, \`openssl ca\` or mkcert with a CA and its key: name them, --ca FILE --key FILE`;
    throw new CommandError("USAGE", `${where}.`);
  }
  const [index, crl, crlNumber] = [files.index ?? within("index"), files.crl ?? within("crl"), within("crlNumber")];
  const folders = [
    ...(files.certificates === undefined ? [] : [files.certificates]),
    ...(files.pki === undefined ? [] : FOLDERS.map((name) => join(files.pki ?? "", name)).filter((path) => existsSync(path))),
  ];
  const certificates: X509Certificate[] = [];
  for (const folder of folders) certificates.push(...(await readFolder(folder)));
  return {
    certificate: new Uint8Array(
      onlyCertificate(await readNamed(ca, "The CA's certificate", LARGEST_CERTIFICATE_OCTETS), ca).raw,
    ) as OldCa["certificate"],
    ...(await readKey(key, files.keyPassphraseFile)),
    certificates,
    index: index === undefined ? undefined : (await readNamed(index, "The list of certificates", LARGEST_FILE_OCTETS)).toString("utf8"),
    crl:
      crl === undefined
        ? undefined
        : (toDer(await readNamed(crl, "The CRL", LARGEST_FILE_OCTETS), crl) as Uint8Array as OldCa["certificate"]),
    nextCrlNumber:
      crlNumber === undefined ? undefined : readNumber((await readNamed(crlNumber, "The CRL number", 1024)).toString("latin1"), crlNumber),
  };
}

function onlyCertificate(octets: Buffer, path: string): X509Certificate {
  const [first, second] = certificatesIn(octets);
  if (first === undefined) throw new CommandError("FILE_UNREADABLE", `${path} holds no certificate, in PEM or DER.`);
  if (second !== undefined)
    throw new CommandError("FILE_UNREADABLE", `${path} holds several certificates: name a file with the CA's alone.`);
  return first;
}

/** Those of the folder's files that are certificates; requests, keys and what else lies there is passed over. */
async function readFolder(folder: string): Promise<X509Certificate[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw new CommandError("FILE_NOT_FOUND", `The certificates can't be read: there is no folder ${folder}.`, { cause });
  });
  const found: X509Certificate[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() || !/\.(pem|crt|cer|der)$/i.test(entry.name)) continue;
    found.push(...certificatesIn(await readNamed(join(folder, entry.name), "A certificate", LARGEST_CERTIFICATE_OCTETS)));
  }
  return found;
}

/** Text around the blocks, as `openssl ca` writes it, is passed over. */
export function certificatesIn(octets: Buffer): X509Certificate[] {
  const blocks = octets.toString("latin1").match(CERTIFICATE) ?? (octets[0] === 0x30 ? [octets] : []);
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

async function readKey(path: string, passphraseFile: string | undefined): Promise<{ privateKey: KeyObject; isKeyInTheClear: boolean }> {
  const key = await readNamed(path, "The CA's key", LARGEST_CERTIFICATE_OCTETS);
  const isKeyInTheClear = !/ENCRYPTED/.test(key.toString("latin1"));
  const der = key[0] === 0x30 ? ({ key, format: "der", type: "pkcs8" } as const) : undefined;
  if (isKeyInTheClear) return { privateKey: open(() => createPrivateKey(der ?? key), path), isKeyInTheClear };
  const passphrase = await findPassphrase(path, passphraseFile);
  try {
    return { privateKey: createPrivateKey({ key, passphrase }), isKeyInTheClear };
  } catch (cause) {
    throw new CommandError("PASSPHRASE_WRONG", `The passphrase does not open the CA's key ${path}. Nothing was changed.`, { cause });
  }
}

function open(read: () => KeyObject, path: string): KeyObject {
  try {
    return read();
  } catch (cause) {
    throw new CommandError("FILE_UNREADABLE", `${path} holds no private key that can be read. Nothing was changed.`, { cause });
  }
}

/** Never an argument, which `ps` would show. */
async function findPassphrase(path: string, file: string | undefined): Promise<string> {
  if (file !== undefined) return (await readNamed(file, "The passphrase", 4096)).toString("utf8").replace(/\r?\n$/, "");
  if (process.stdin.isTTY) return await ask(`The passphrase of ${path}: `, { secret: true });
  throw new CommandError(
    "PASSPHRASE_MISSING",
    `${path} is encrypted: name a file with its passphrase, --key-passphrase-file FILE, or run this at a terminal.`,
  );
}

function toDer(octets: Buffer, path: string): Buffer {
  if (octets[0] === 0x30) return octets;
  const [, body] = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----/.exec(octets.toString("latin1")) ?? [];
  if (body === undefined) throw new CommandError("FILE_UNREADABLE", `${path} holds no CRL, in PEM or DER.`);
  return Buffer.from(body, "base64");
}

/** As `openssl ca` keeps it: hex. */
function readNumber(text: string, path: string): bigint {
  const hex = text.trim();
  if (!/^[0-9A-Fa-f]{1,64}$/.test(hex)) throw new CommandError("FILE_UNREADABLE", `${path} holds no CRL number, in hex.`);
  return BigInt(`0x${hex}`);
}
