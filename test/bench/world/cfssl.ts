import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { encodePem } from "../../../services/ca/authority/der/pem.js";
import { freePorts, until } from "../../support/nginx.js";
import { makeCsr } from "../../unit/authority/world.js";
import { startChild } from "./child.js";
import type { HttpLoadOrder } from "./http-post.js";

const run = promisify(execFile);
const LIFETIME_HOURS = 825 * 24;
const REQUESTS = 256;

/** The fastest peer: `cfssl serve`, which signs over plain HTTP and stores nothing. */
export interface Cfssl {
  /** Certificates in a second, with so many requests in flight. */
  signRate(inFlight: number, millis: number): Promise<number>;
  stop(): Promise<void>;
}

/** Starts it on loopback, with a CA on P-256 of its own and a client as a process of its own. */
export async function startCfssl(): Promise<Cfssl> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-cfssl-"));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const files = ["-keyout", "ca.key", "-out", "ca.pem"];
  await run("openssl", ["req", "-x509", ...key, ...files, "-subj", "/CN=devices", "-days", "7300"], { cwd: folder });
  const usages = ["digital signature", "client auth"];
  await writeFile(join(folder, "config.json"), JSON.stringify({ signing: { default: { expiry: `${LIFETIME_HOURS}h`, usages } } }));
  const [port] = await freePorts(1);
  // Without a word for each request: it would write hundreds of thousands.
  const flags = ["-address=127.0.0.1", `-port=${port}`, "-ca=ca.pem", "-ca-key=ca.key", "-config=config.json", "-loglevel=3"];
  const server = spawn("cfssl", ["serve", ...flags], { cwd: folder, stdio: "ignore" });
  const gone = new Promise<unknown>((resolve) => server.once("exit", resolve).once("error", resolve));
  const client = startChild<HttpLoadOrder, number>("http-load.js");
  const stop = async () => {
    await client.stop();
    server.kill("SIGKILL");
    await gone;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}/api/v1/cfssl/sign`;
  const isUp = () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  try {
    await until(isUp, "cfssl serve does not answer");
  } catch (error) {
    await stop();
    throw error;
  }
  const bodies = Array.from({ length: REQUESTS }, () =>
    Buffer.from(JSON.stringify({ certificate_request: encodePem("CERTIFICATE REQUEST", makeCsr({ commonName: "phone" })) })),
  );
  return { signRate: (inFlight, millis) => client.ask({ url, contentType: "application/json", bodies, inFlight, millis }), stop };
}
