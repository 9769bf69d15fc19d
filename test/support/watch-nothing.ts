import { connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { WatchCrlRequest } from "../../generated/latchkey/v1/publication_service.js";

// A hook that has subscribed, and reads nothing more: what comes fills its socket's buffer, and then waits at the CA.
const connection = connect(await readCredential(process.argv[2] ?? ""));
const stream = connection.publication.watchCrl(WatchCrlRequest.create({ authority: "devices" }));
stream.once("data", () => {
  process.stdout.write("subscribed\n", () => process.kill(process.pid, "SIGSTOP"));
});
