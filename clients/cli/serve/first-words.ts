import { CreateInvitationRequest } from "../../../generated/latchkey/v1/invitation_service.js";
import type { RunningAuthority } from "../../../services/ca/main.js";
import { call, connect } from "../../connect/connect.js";
import { readCredential } from "../../connect/credential.js";
import { printInvitation } from "../invitation-sheet.js";
import { ask, bold, print } from "../terminal.js";

const FIRST_DEVICE = "My phone";

/** On a terminal the first run asks for the site's domain; Enter goes on without one. */
export async function askForDomain(): Promise<string> {
  print("This is the first run. Which domain will your house be reached by (home.example.com)?");
  return await ask("Domain, or Enter to go on without one (it can be added later): ");
}

/** Shows the recovery passphrase this once, to a person; after that it is nowhere on this host. */
export async function showRecovery({ recovery }: RunningAuthority): Promise<void> {
  if (recovery === undefined) return;
  print(
    `\n${bold("Write this down, on paper:")} the recovery passphrase. It opens the root that your phones trust, and is shown this once.`,
  );
  print(`\n  ${bold(recovery.passphrase)}\n`);
  print("  Daily work never needs it. Adding a domain does; without it that would mean a new root on every phone.");
  await recovery.forget();
}

/** Makes the first invitation as the administrator of this host would, and shows it. */
export async function showFirstInvitation({ operatorFolder }: RunningAuthority): Promise<void> {
  const connection = connect(await readCredential(operatorFolder));
  try {
    const request = CreateInvitationRequest.create({ deviceName: FIRST_DEVICE });
    await printInvitation(await call(connection.invitations, "createInvitation", request));
  } finally {
    connection.close();
  }
}
