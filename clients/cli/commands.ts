import type { Command } from "commander";

/** One entry of `latchkey --help`; its file is loaded when the command is run, so that `list` never loads the CA. */
export interface CommandEntry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

const entry = (name: string, load: CommandEntry["load"]): CommandEntry => ({ name, load });

/** Every command, in the order of `latchkey --help`. */
export const COMMANDS: readonly CommandEntry[] = [
  entry("serve", async () => (await import("./serve.js")).serveCommand()),
  entry("invite", async () => (await import("./invite.js")).inviteCommand()),
  entry("invitation", async () => (await import("./invitation.js")).invitationCommand()),
  entry("enroll", async () => (await import("./enroll.js")).enrollCommand()),
  entry("issue", async () => (await import("./issue.js")).issueCommand()),
  entry("list", async () => (await import("./list.js")).listCommand()),
  entry("show", async () => (await import("./show.js")).showCommand()),
  entry("revoke", async () => (await import("./revoke.js")).revokeCommand()),
  entry("hold", async () => (await import("./hold.js")).holdCommand()),
  entry("release", async () => (await import("./release.js")).releaseCommand()),
  entry("renew", async () => (await import("./renew.js")).renewCommand()),
  entry("adopt", async () => (await import("./adopt.js")).adoptCommand()),
  entry("ca", async () => (await import("./ca.js")).caCommand()),
  entry("crl", async () => (await import("./crl.js")).crlCommand()),
  entry("domain", async () => (await import("./domain.js")).domainCommand()),
  entry("operator", async () => (await import("./operator.js")).operatorCommand()),
  entry("site", async () => (await import("./site.js")).siteCommand()),
  entry("notice", async () => (await import("./notice.js")).noticeCommand()),
  entry("service", async () => (await import("./service.js")).serviceCommand()),
  entry("status", async () => (await import("./status.js")).statusCommand()),
  entry("health", async () => (await import("./health.js")).healthCommand()),
  entry("doctor", async () => (await import("./doctor.js")).doctorCommand()),
  entry("audit", async () => (await import("./audit.js")).auditCommand()),
  entry("backup", async () => (await import("./backup.js")).backupCommand()),
  entry("config", async () => (await import("./config.js")).configCommand()),
  entry("completion", async () => (await import("./completion.js")).completionCommand(loadAll)),
];

export async function loadAll(): Promise<readonly Command[]> {
  return await Promise.all(COMMANDS.map(({ load }) => load()));
}
