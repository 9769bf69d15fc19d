import type { Command } from "commander";
import { GetStatusRequest, GetStatusResponse } from "../../generated/latchkey/v1/operations_service.js";
import { call } from "../connect/connect.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { relative } from "./duration.js";
import { printHooks } from "./hooks.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { bold, green, print, printable, printJson, yellow } from "./terminal.js";

export function statusCommand(): Command {
  return clientCommand("status", "How the CA is, who enforces what, and what you should look at", "latchkey status").action(
    async (options: CommonOptions) => {
      const status = await withConnection(options, (connection) => call(connection.operations, "getStatus", GetStatusRequest.create()));
      if (options.json) printJson(toJson(GetStatusResponse, status));
      else show(status);
    },
  );
}

function show(status: GetStatusResponse): void {
  const now = status.clock ?? new Date();
  const when = (time: Date | undefined) => (time === undefined ? "never" : relative(time, now));
  print(`${bold("Latchkey")} ${status.version}, running since ${status.startTime?.toISOString() ?? "?"}`);
  print(`  domains      ${status.domains.join(", ") || "none: local names alone (`latchkey domain add NAME`)"}`);
  print(
    `  certificates ${status.certificates?.issued ?? 0} issued, ${status.certificates?.revoked ?? 0} revoked, ${status.certificates?.held ?? 0} held`,
  );
  print(`  invitations  ${status.openInvitations} open`);
  print(`  enrolment    ${status.enrollment}${status.enrollment === "running" ? (ADMITS[status.enrollmentAdmits] ?? "") : ""}`);
  print(bold("\nAuthorities"));
  for (const { authority, keyAlgorithm, crlNumber, nextUpdate, revokedCount, notAfter } of status.authorities) {
    print(
      `  ${authority.padEnd(10)} ${keyAlgorithm}, ends ${when(notAfter)}; CRL ${crlNumber} with ${revokedCount} ${revokedCount === "1" ? "entry" : "entries"}, ends ${when(nextUpdate)}`,
    );
  }
  print(bold("\nWho enforces the devices' CRL"));
  if (status.subscribers.length === 0) print('  nobody: no nginx hook has registered (README: "Put it before your nginx")');
  else printHooks(status.subscribers, now);
  print(status.warnings.length === 0 ? green("\nNothing needs your attention.") : bold("\nLook at this"));
  for (const { code, message } of status.warnings) print(`  ${yellow(code)}  ${printable(message)}`);
}

/** By the word for whom the enrolment service lets in. */
const ADMITS: Readonly<Record<string, string>> = {
  invited: ", open for who is invited",
  nobody_invited: ", closed: no invitation is open",
  everybody: ", open to the LAN always (enrollment.open: always)",
  nobody: ", closed (enrollment.open: never)",
};
