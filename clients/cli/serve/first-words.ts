import { CreateInvitationRequest } from "../../../generated/latchkey/v1/invitation_service.js";
import type { RunningAuthority } from "../../../services/ca/main.js";
import { call, connect } from "../../connect/connect.js";
import { readCredential } from "../../connect/credential.js";
import { CommandError } from "../error.js";
import { describe } from "../failure.js";
import { printInvitation } from "../invitation-sheet.js";
import { ask } from "../question.js";
import { bold, print } from "../terminal.js";

const FIRST_DEVICE = "My phone";
const TRIES = 3;

/**
 * On a terminal the first run asks for the site's domain; Enter goes on without one. What `read` throws of what was typed is
 * told, and the question asked again. Throws what it threw last, and INTERRUPTED.
 */
export async function askForDomain<T>(read: (typed: string) => Promise<T>): Promise<T> {
  print("This is the first run. Which domain will your house be reached by (home.example.com)?");
  for (let triesLeft = TRIES; ; ) {
    const typed = await ask("Domain, or Enter to go on without one (it can be added later): ").catch(sayNothingWasMade);
    try {
      return await read(typed);
    } catch (error) {
      triesLeft -= 1;
      if (triesLeft === 0) throw error;
      print(describe(error).message);
    }
  }
}

function sayNothingWasMade(error: unknown): never {
  throw error instanceof CommandError ? new CommandError(error.code, "Nothing was made.") : error;
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

/** Makes the first invitation as the administrator of this host would, and shows it. Says why, if there is none: the CA runs on. */
export async function showFirstInvitation({ operatorFolder, grpc }: RunningAuthority): Promise<void> {
  try {
    const connection = connect({ ...(await readCredential(operatorFolder)), address: grpc });
    try {
      const request = CreateInvitationRequest.create({ deviceName: FIRST_DEVICE });
      await printInvitation(await call(connection.invitations, "createInvitation", request));
    } finally {
      connection.close();
    }
  } catch (error) {
    print(`  No invitation was made: ${describe(error).message}`);
  }
}
