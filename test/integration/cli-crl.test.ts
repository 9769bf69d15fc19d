import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { credentials, Server, ServerCredentials, type ServerWritableStream, status } from "@grpc/grpc-js";
import { fetchCrl } from "../../clients/cli/crl.js";
import { CommandError } from "../../clients/cli/error.js";
import { CallError } from "../../clients/connect/error.js";
import {
  type GetCrlRequest,
  GetCrlResponse,
  PublicationServiceClient,
  PublicationServiceService,
} from "../../generated/latchkey/v1/publication_service.js";

const DER = Buffer.alloc(1000, "crl");

/** A publication service that a stranger has written: it announces DER, and sends what `send` says. */
let send: (call: ServerWritableStream<GetCrlRequest, GetCrlResponse>) => void = () => {};
const server = new Server();
let publication: PublicationServiceClient;
before(async () => {
  const { getCrl } = PublicationServiceService;
  server.addService(
    { getCrl },
    {
      getCrl: (call: ServerWritableStream<GetCrlRequest, GetCrlResponse>) => {
        const sha256 = createHash("sha256").update(DER).digest("hex");
        const header = { authority: "devices", crlNumber: "7", sizeOctets: String(DER.length), sha256 };
        call.write(GetCrlResponse.fromPartial({ frame: { frame: { $case: "header", value: header } } }));
        send(call);
        call.end();
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  publication = new PublicationServiceClient(`127.0.0.1:${port}`, credentials.createInsecure());
});
after(() => {
  publication.close();
  server.forceShutdown();
});

const chunk = (value: Buffer) => GetCrlResponse.fromPartial({ frame: { frame: { $case: "chunk", value } } });

test("a CRL in pieces is the CRL", async () => {
  send = (call) => {
    call.write(chunk(DER.subarray(0, 600)));
    call.write(chunk(DER.subarray(600)));
  };
  const { der, header } = await fetchCrl({ publication }, "devices");
  assert.deepEqual(Buffer.from(der), DER);
  assert.equal(header.crlNumber, "7");
});

test("a CRL that ends too early is not written down as if it were whole", async () => {
  send = (call) => call.write(chunk(DER.subarray(0, 600)));
  await assert.rejects(fetchCrl({ publication }, "devices"), (error) => error instanceof CommandError && error.code === "CRL_CORRUPT");
});

test("nor is one that was changed on its way", async () => {
  send = (call) => call.write(chunk(Buffer.alloc(1000, "CRL")));
  await assert.rejects(fetchCrl({ publication }, "devices"), /SHA-256 differs/);
});

test("a CA that goes away in the middle is said to be away", async () => {
  send = (call) => call.emit("error", { code: status.UNAVAILABLE, details: "going away" });
  await assert.rejects(fetchCrl({ publication }, "devices"), (error) => error instanceof CallError && error.reason === "UNAVAILABLE");
});
