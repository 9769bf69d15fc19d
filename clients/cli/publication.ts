import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import {
  GetCrlRequest,
  type GetCrlResponse,
  GetTrustBundleRequest,
  RestoreRevocationsRequest,
  RestoreRevocationsResponse,
  TrustAnchor,
} from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, call, toCallError } from "../connect/connect.js";
import { createFrameAssembler, type FramedCrl, FramesError } from "../connect/crl-frames.js";
import { type CommonOptions, clientCommand } from "./command.js";
import { CommandError, EXIT } from "./exit.js";
import { writeWhole } from "./file.js";
import { toJson } from "./json.js";
import { withConnection } from "./session.js";
import { note, print, printJson } from "./terminal.js";

interface OutOptions extends CommonOptions {
  readonly out?: string;
  readonly der?: boolean;
}

/** The certificate of an authority. Of `servers`: the root, which verifies the chain that the services send. */
export function caCommand(): Command {
  return clientCommand(
    "ca <authority>",
    "The certificate of an authority (devices, servers, operators), in PEM",
    "latchkey ca servers --out house-root.pem",
  )
    .option("--out <file>", "write it to a file")
    .action(async (authority: string, options: OutOptions) => {
      const { anchors } = await withConnection(options, (connection) =>
        call(connection.publication, "getTrustBundle", GetTrustBundleRequest.create()),
      );
      const anchor = anchors.find((one) => one.authority === authority);
      if (anchor === undefined)
        throw new CommandError(
          "AUTHORITY_UNKNOWN",
          `There is no authority "${authority}": they are devices, servers and operators.`,
          EXIT.usage,
        );
      if (options.json && options.out === undefined) return printJson(toJson(TrustAnchor, anchor));
      await put(anchor.certificate, options.out);
      if (options.out !== undefined) note(`SHA-256 ${anchor.sha256Fingerprint}`);
    });
}

export function crlCommand(): Command {
  const command = clientCommand("crl [authority]", "The present CRL of an authority, in PEM", "latchkey crl devices --out devices.crl.pem")
    .option("--out <file>", "write it to a file")
    .option("--der", "in DER")
    .action(async (authority: string | undefined, options: OutOptions) => {
      if (authority === undefined) throw new CommandError("USAGE", "Name an authority: latchkey crl devices", EXIT.usage);
      const { der, header } = await withConnection(options, (connection) => fetchCrl(connection, authority));
      if (options.json && options.out === undefined)
        return printJson({ authority: header.authority, crlNumber: header.crlNumber, crl: Buffer.from(der).toString("base64") });
      await put(options.der ? der : toPem(der), options.out);
    });
  command.addCommand(
    clientCommand(
      "restore",
      "Bring back revocations that this CA, restored from an older backup, has forgotten",
      "latchkey crl restore --from front-door\nlatchkey crl restore --file devices-crl.pem",
    )
      .option("--from <subscriber>", "from the CRL that an nginx hook holds on to")
      .option("--file <file>", "from a CRL file (PEM or DER)")
      .action(async (options: CommonOptions & { from?: string; file?: string }) => {
        if ((options.from === undefined) === (options.file === undefined))
          throw new CommandError("USAGE", "Say where the CRL is: --from SUBSCRIBER or --file FILE.", EXIT.usage);
        const source =
          options.file === undefined
            ? ({ $case: "subscriber", value: options.from ?? "" } as const)
            : ({ $case: "crl", value: await readFile(options.file) } as const);
        const response = await withConnection(options, (connection) =>
          call(connection.publication, "restoreRevocations", RestoreRevocationsRequest.create({ source })),
        );
        if (options.json) return printJson(toJson(RestoreRevocationsResponse, response));
        print(`${response.serialNumbers.length} revocations are back, on CRL ${response.crlNumber} of ${response.authority}.`);
        for (const serialNumber of response.serialNumbers) print(`  ${serialNumber}`);
      }),
  );
  return command;
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

async function put(content: string | Uint8Array, out: string | undefined): Promise<void> {
  if (out === undefined) process.stdout.write(content);
  // What is published may be fetched again: an older file is simply replaced.
  else await writeWhole(out, content, { secret: false, force: true });
}
