import type { Command } from "commander";
import { plainCommand } from "./command.js";
import type { OldCaFiles } from "./serve/old-ca.js";
import { bold, print, printable, printJson, yellow } from "./terminal.js";

interface AdoptOptions extends OldCaFiles {
  readonly data?: string;
  readonly json?: boolean;
}

export function adoptCommand(): Command {
  return plainCommand(
    "adopt",
    "Take over a CA that was there before: its phones go on working, can be revoked, and move to new certificates as they renew",
    "latchkey adopt --ca home_client.crt --key home_client.key --certificates ./phones\nlatchkey adopt --pki /etc/easy-rsa/pki",
  )
    .option("--ca <file>", "the CA's certificate")
    .option("--key <file>", "its key")
    .option("--key-passphrase-file <file>", "what opens the key, if it is encrypted (asked for at a terminal)")
    .option("--pki <folder>", "the folder of easy-rsa, `openssl ca` or mkcert, in which all of these lie")
    .option("--certificates <folder>", "certificates that it has issued, as far as you have them")
    .option("--index <file>", "the list of what it has issued and revoked (index.txt)")
    .option("--crl <file>", "its last CRL: whoever is on it stays revoked")
    .option("--data <folder>", "the data folder of the CA, which is stopped (LATCHKEY_DATA, ./data)")
    .option("--json", "one JSON document on standard output")
    .action(adopt);
}

async function adopt({ data, json, ...files }: AdoptOptions): Promise<void> {
  const { adoptCa } = await import("./serve/adopt-ca.js");
  const adoption = await adoptCa(files, data);
  if (json) return printJson(adoption);
  const { id, taken, known, revoked, shared, passedOver, weaknesses } = adoption;
  print(
    `${bold("Adopted")} as ${id}: ${count(taken, "certificate")} taken over${known === 0 ? "" : `, ${known} known before`}; ${revoked} of them revoked or held.`,
  );
  for (const { serialNumber, names } of shared)
    print(
      `${yellow("Shared:")} ${names.map(printable).join(", ") || "several certificates"} have one serial number, ${serialNumber}: revoking it revokes all of them.`,
    );
  const { foreign, cas, servers, unusable } = passedOver;
  if (foreign > 0) print(`Passed over: ${count(foreign, "certificate")} of other CAs.`);
  if (servers > 0) print(`Passed over: ${count(servers, "certificate")} of servers, which open no door.`);
  if (cas > 0)
    print(
      `${yellow("Passed over:")} ${count(cas, "CA")} below it. What such a CA has issued is not known here: revoke the CA's own certificate (\`latchkey revoke --file FILE\`).`,
    );
  if (unusable > 0)
    print(
      `${yellow("Passed over:")} ${count(unusable, "certificate")} whose serial number no CRL can name (not positive, or more than 20 octets). They can't be revoked one by one.`,
    );
  print("");
  print("What is weak about it:");
  for (const weakness of weaknesses) print(`  - ${weakness}`);
  print("");
  print("Now start the CA again (`latchkey serve`). Each nginx hook takes the old CA in by itself: `latchkey status` shows when it has.");
  print("`latchkey list` shows its certificates; `latchkey invite --renew NAME` moves a phone to a new one.");
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
