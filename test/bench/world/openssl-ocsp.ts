import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startChild } from "./child.js";
import type { ResponderOrder } from "./openssl-responder.js";

const run = promisify(execFile);
const PORT = 2560;
/** A network of its own, in which nothing but loopback is: `openssl ocsp` can't be told where to listen. */
const ALONE = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$0" "$@"'];

/** OCSP requests about one certificate each. */
export interface OcspRequests {
  readonly plain: readonly Buffer[];
  readonly withNonce: readonly Buffer[];
}

/** As openssl makes them, for serial numbers in hex. */
export async function ocspRequests(issuerPem: string, serialNumbers: readonly string[]): Promise<OcspRequests> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-ocsp-"));
  const make = async (serialNumber: string, nonce: "-nonce" | "-no_nonce") => {
    await run("openssl", ["ocsp", "-issuer", "ca.pem", "-serial", `0x${serialNumber}`, nonce, "-reqout", "request.der"], { cwd: folder });
    return await readFile(join(folder, "request.der"));
  };
  try {
    await writeFile(join(folder, "ca.pem"), issuerPem);
    const plain: Buffer[] = [];
    const withNonce: Buffer[] = [];
    for (const serialNumber of serialNumbers) {
      plain.push(await make(serialNumber, "-no_nonce"));
      withNonce.push(await make(serialNumber, "-nonce"));
    }
    return { plain, withNonce };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The peer: `openssl ocsp -multi 2`, with a CA on P-256 of its own. */
export interface OpensslOcsp {
  rate(kind: keyof OcspRequests, inFlight: number, millis: number): Promise<number>;
  stop(): Promise<void>;
}

/** With so many certificates in its index, each of which is asked about. */
export async function startOpensslOcsp(certificates: number): Promise<OpensslOcsp> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-openssl-ocsp-"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key"];
  await run("openssl", ["req", "-x509", ...key, "-out", "ca.pem", "-subj", "/CN=devices", "-days", "7300"], { cwd: folder });
  const serialNumbers = Array.from({ length: certificates }, () => `40${randomBytes(15).toString("hex").toUpperCase()}`);
  const lines = serialNumbers.map((serialNumber, at) => `V\t350101000000Z\t\t${serialNumber}\tunknown\t/CN=phone ${at}\n`);
  await writeFile(join(folder, "index.txt"), lines.join(""));
  const requests = await ocspRequests(await readFile(join(folder, "ca.pem"), "utf8"), serialNumbers);
  const responder = startChild<ResponderOrder, number>("openssl-responder.js", ALONE);
  const order = { folder, url: `http://127.0.0.1:${PORT}/`, contentType: "application/ocsp-request" };
  return {
    rate: (kind, inFlight, millis) => responder.ask({ ...order, bodies: requests[kind], inFlight, millis }),
    async stop() {
      await responder.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
