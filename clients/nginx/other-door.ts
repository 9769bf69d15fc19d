import type { X509Certificate } from "node:crypto";
import { NO_CANARIES } from "./canary/none.js";
import { lastWords, runCommand } from "./command.js";
import type { Enforcer } from "./enforcer.js";
import type { FrontDoor } from "./front-door.js";
import { addsTo, type HeldSet, refusedBy } from "./held-set.js";
import { Problem } from "./problem.js";

/**
 * A front door that is no nginx: it gets its files, and a command is run after each change. Nothing is proved of it, and nothing reported.
 *
 * The command finds in LATCHKEY_REVOKES whether somebody is refused whom the CRL before did not refuse (1), or nobody (0): what is open may live on then.
 */
export function otherDoor(command: string): FrontDoor {
  return {
    // What they do when the CRL ends is theirs: nothing else is put in its place.
    atExpiry: "fail-closed",
    readKept: async () => "absent",
    keepingCheck: () => ({ warning: undefined, look: async () => {} }),
    filesFor: (_dir, set, _kept, devicesCas) => ({ "revoked.caddy": snippetsForCaddy(devicesCas, refusedBy(set)) }),
    canaries: () => NO_CANARIES,
    enforcer({ folder, installed }, log) {
      let told: HeldSet | undefined;
      let obstacle: Problem | undefined;

      async function enforce(): Promise<void> {
        const { set } = installed;
        if (set === undefined) return;
        const revokes = told === undefined || obstacle !== undefined || addsTo(told, set);
        const outcome = await runCommand(command, { LATCHKEY_REVOKES: revokes ? "1" : "0" });
        const crlNumber = String(set.crl.number);
        if (outcome.succeeded) {
          told = set;
          obstacle = undefined;
          await folder.settle();
          return log("command.done", { crlNumber, revokes });
        }
        obstacle = new Problem("COMMAND_FAILED", `It is tried again. (${lastWords(outcome)})`);
        log("command.failed", { crlNumber, code: obstacle.code, detail: obstacle.message });
      }

      const enforcer: Enforcer = {
        enforced: undefined,
        get obstacle() {
          return obstacle;
        },
        enforce,
        async recheck() {
          if (told === undefined || obstacle !== undefined || told.crl.number !== installed.crl?.number) await enforce();
        },
      };
      return enforcer;
    },
  };
}

/**
 * Caddy has no CRL: a snippet ends the connection of who shows one of these serial numbers, which it knows in decimal. And of a file of CAs Caddy 2.6 takes
 * the first alone: a snippet names them one by one.
 */
function snippetsForCaddy(devicesCas: readonly X509Certificate[], serialNumbers: ReadonlySet<string>): string {
  const all = Array.from(serialNumbers, (serialNumber) => BigInt(`0x${serialNumber}`).toString());
  // A matcher needs a value; no certificate has this one.
  const values = all.length === 0 ? ["none"] : all;
  const trusted = devicesCas.map(({ raw }) => `\ttrusted_ca_cert ${raw.toString("base64")}\n`).join("");
  return `# Written by latchkey-nginx follow: it changes with each revocation.
(latchkey_devices) {
${trusted}}
(latchkey_revoked) {
	@latchkey_revoked vars {http.request.tls.client.serial} ${values.join(" ")}
	abort @latchkey_revoked
}
`;
}
