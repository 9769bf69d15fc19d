import { connect } from "../../../clients/connect/connect.js";
import { startServe } from "../../support/serve.js";
import type { Row } from "../figure.js";
import { summarize } from "../harness.js";
import { compact } from "../world/compacted.js";
import { issueMany } from "../world/fill.js";
import { adminOf } from "../world/house.js";

const CERTIFICATES = 10_000;
const BESIDE_OCTETS = 200;

export const diskRow: Row = {
  name: "disk",
  about: `What ${CERTIFICATES.toLocaleString("en-US")} certificates, issued to as many devices over gRPC, add to the files of the Level store: compacted before and after, divided by their number; counted once, since nothing of it depends on time. That is the certificate with what is known of it, the device, the lists that find it, and its record in the audit log. The limit is the certificate's own DER and ${BESIDE_OCTETS} octets.`,
  run: async (after) => {
    const house = await startServe();
    after(() => house.remove());
    await house.end("SIGTERM");
    const before = await compact(house.data);
    await house.start();
    const connection = connect(await adminOf(house));
    after(() => connection.close());
    await issueMany(connection, CERTIFICATES);
    connection.close();
    await house.end("SIGTERM");
    const filled = await compact(house.data);
    const certificates = filled.certificates - before.certificates;
    if (certificates !== CERTIFICATES) throw new Error(`the store has ${certificates} more certificates, not ${CERTIFICATES}`);
    const der = (filled.derOctets - before.derOctets) / certificates;
    return [
      {
        name: "disk for a certificate",
        value: summarize("octets", [(filled.octets - before.octets) / certificates]),
        limit: { what: `DER + ${BESIDE_OCTETS}`, measured: summarize("octets", [der + BESIDE_OCTETS]) },
      },
    ];
  },
};
