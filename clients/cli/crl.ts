import type { Command } from "commander";
import { GetCrlRequest, type GetCrlResponse } from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, toCallError } from "../connect/connect.js";
import { createFrameAssembler, type FramedCrl, FramesError } from "../connect/crl-frames.js";
import { AUTHORITIES, oneOf } from "./choice.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { crlRestoreCommand } from "./crl-restore.js";
import { CommandError } from "./error.js";
import { withConnection } from "./session.js";
import { printJson } from "./terminal.js";
import { putPublished } from "./write-whole.js";

interface CrlOptions extends CommonOptions {
  readonly out?: string;
  readonly der?: boolean;
}

export function crlCommand(): Command {
  return clientCommand("crl [authority]", "The present CRL of an authority, in PEM", "latchkey crl devices --out devices.crl.pem")
    .option("--out <file>", "write it to a file")
    .option("--der", "in DER")
    .action(async (word: string | undefined, options: CrlOptions) => {
      if (word === undefined) throw new CommandError("USAGE", "Name an authority: latchkey crl devices");
      const authority = oneOf("authority", AUTHORITIES)(word);
      const { der, header } = await withConnection(options, (connection) => fetchCrl(connection, authority));
      if (options.json && options.out === undefined)
        return printJson({ authority: header.authority, crlNumber: header.crlNumber, crl: Buffer.from(der).toString("base64") });
      await putPublished(options.der ? der : toPem(der), options.out);
    })
    .addCommand(crlRestoreCommand());
}

/** The present CRL, whole. Throws CallError, and CommandError (CRL_CORRUPT) when what came is not what was announced. */
export async function fetchCrl({ publication }: Pick<Connection, "publication">, authority: string): Promise<FramedCrl> {
  const assembler = createFrameAssembler();
  const stream = publication.getCrl(GetCrlRequest.create({ authority }), { deadline: Date.now() + 60_000 });
  try {
    for await (const { frame } of stream as AsyncIterable<GetCrlResponse>) {
      const crl = assembler.take(frame);
      if (crl !== undefined) return crl;
    }
    throw new FramesError("The stream ended before it was whole.");
  } catch (error) {
    if (!(error instanceof FramesError)) throw toCallError(error as Parameters<typeof toCallError>[0]);
    throw new CommandError("CRL_CORRUPT", `The CRL did not arrive whole: ${error.message} Try again.`);
  } finally {
    stream.cancel();
  }
}

function toPem(der: Uint8Array): string {
  return `-----BEGIN X509 CRL-----\n${Buffer.from(der)
    .toString("base64")
    .replaceAll(/.{1,64}/g, "$&\n")}-----END X509 CRL-----\n`;
}
