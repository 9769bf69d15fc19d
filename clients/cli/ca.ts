import type { Command } from "commander";
import { GetTrustBundleRequest, TrustAnchor } from "../../generated/latchkey/v1/publication_service.js";
import { call } from "../connect/connect.js";
import { AUTHORITIES, oneOf } from "./choice.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError } from "./error.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { note, printJson } from "./terminal.js";
import { putPublished } from "./write-whole.js";

/** The certificate of an authority. Of `servers`: the root, which verifies the chain that the services send. */
export function caCommand(): Command {
  return clientCommand(
    "ca <authority>",
    "The certificate of an authority (devices, servers, operators), in PEM",
    "latchkey ca servers --out house-root.pem",
  )
    .option("--out <file>", "write it to a file")
    .action(async (word: string, options: CommonOptions & { out?: string }) => {
      const authority = oneOf("authority", AUTHORITIES)(word);
      const { anchors } = await withConnection(options, (connection) =>
        call(connection.publication, "getTrustBundle", GetTrustBundleRequest.create()),
      );
      const anchor = anchors.find((one) => one.authority === authority);
      if (anchor === undefined) throw new CommandError("AUTHORITY_UNKNOWN", `This CA publishes no certificate of ${authority}.`);
      if (options.json && options.out === undefined) return printJson(toJson(TrustAnchor, anchor));
      await putPublished(anchor.certificate, options.out);
      if (options.out !== undefined) note(`SHA-256 ${anchor.sha256Fingerprint}`);
    });
}
