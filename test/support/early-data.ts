import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Device } from "./device.js";

const LONGEST_MILLIS = 5_000;

/**
 * What somebody on the way can record of a device that sends its request before the handshake is done (TLS 1.3, 0-RTT): every octet
 * that the device sends. Node's own TLS knows no early data: this is OpenSSL's client.
 */
export async function recordEarlyData({ port, ca, identity }: Device, request: string): Promise<Buffer> {
  if (identity === undefined) throw new Error("a device without a certificate");
  const folder = await mkdtemp(join(tmpdir(), "latchkey-early-"));
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const session = join(folder, "session");
  const common = ["s_client", "-tls1_3", "-servername", "localhost"];
  common.push("-CAfile", await file("ca.pem", ca), "-cert", await file("device.pem", identity.certificate));
  common.push("-key", await file("device.key", identity.key));
  const tap = await startTap(port);
  try {
    await untilAnswered(spawn("openssl", [...common, "-connect", `127.0.0.1:${port}`, "-sess_out", session]), request);
    const early = ["-sess_in", session, "-early_data", await file("request", request)];
    await untilAnswered(spawn("openssl", [...common, "-connect", `127.0.0.1:${tap.port}`, ...early]));
    return Buffer.concat(tap.recorded);
  } finally {
    tap.server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Sends recorded octets again, on a connection of its own, as somebody without any key can. */
export function replay(recorded: Buffer, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(recorded));
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.setTimeout(500, () => socket.destroy());
    socket.on("close", () => resolve());
  });
}

/** Waits for an HTTP answer, and ends the client. */
function untilAnswered(client: ChildProcess, request = ""): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => client.kill("SIGKILL"), LONGEST_MILLIS);
    client.stdin?.write(request);
    client.stderr?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    client.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString("latin1");
      if (said.includes("HTTP/1.1 200")) client.stdin?.end();
    });
    client.once("error", reject);
    client.once("close", () => {
      clearTimeout(timer);
      if (said.includes("HTTP/1.1 200")) resolve();
      else reject(new Error(`no answer: ${said}`));
    });
  });
}

/** Passes connections on to a port of this host, and keeps what clients send. */
async function startTap(to: number): Promise<{ server: Server; port: number; recorded: Buffer[] }> {
  const recorded: Buffer[] = [];
  const server = createServer((client) => {
    const upstream = connect(to, "127.0.0.1");
    client.on("data", (chunk: Buffer) => recorded.push(chunk));
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listener without a port");
  return { server, port: address.port, recorded };
}
