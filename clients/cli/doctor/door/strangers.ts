import { type Finding, found, ok, skipped } from "../finding.js";
import { ask } from "./ask.js";
import type { Door } from "./door.js";
import { selfSignedClient } from "./self-signed-client.js";
import { answered, verdictOf } from "./verdict.js";

/** Whether the door refuses who has no certificate, and who has one of another CA. */
export async function* lookAtStrangers({ place, shown, stop }: Door): AsyncGenerator<Finding> {
  if (shown instanceof Error) return yield skipped("Whether strangers are refused: the door can't be reached.");
  const nobody = await ask(place, { stop });
  if (isRefusal(verdictOf(nobody))) yield ok(`Who has no certificate is refused (${answered(nobody)}).`);
  else {
    const remedy = "`ssl_verify_client on;` in that server, as `latchkey-nginx config` prints it.";
    const what = `The door lets in who has no certificate: ${answered(nobody)}. Anybody who finds the address is in.`;
    yield found("DOOR_OPEN_WITHOUT_CERTIFICATE", what, remedy);
    return;
  }
  const stranger = await ask(place, { identity: await selfSignedClient(), stop });
  if (isRefusal(verdictOf(stranger))) yield ok(`Who has a certificate of another CA is refused (${answered(stranger)}).`);
  else {
    const remedy = "`ssl_verify_client on;` (not `optional_no_ca`) and the hook's devices-ca.pem alone as `ssl_client_certificate`.";
    const what = `The door lets in who has a certificate of another CA: ${answered(stranger)}. Anybody can make one.`;
    yield found("DOOR_TAKES_FOREIGN_CERTIFICATES", what, remedy);
  }
}

/** A door may as well end the connection. */
function isRefusal(verdict: ReturnType<typeof verdictOf>): boolean {
  return verdict === "refused" || verdict === "ended";
}
