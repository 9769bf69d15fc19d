import { connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { WatchCrlRequest, type WatchCrlResponse } from "../../generated/latchkey/v1/publication_service.js";

// A hook that has subscribed once and is gone: the CA waits for its report for ever after.
const connection = connect(await readCredential(process.argv[2] ?? ""));
const stream = connection.publication.watchCrl(WatchCrlRequest.create({ authority: "devices" }));
try {
  for await (const _frame of stream as AsyncIterable<WatchCrlResponse>) break;
} finally {
  stream.cancel();
  connection.close();
}
process.stdout.write("subscribed\n");
