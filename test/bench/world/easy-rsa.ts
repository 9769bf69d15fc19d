import { execFile } from "node:child_process";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { timed } from "../harness.js";

const run = promisify(execFile);
const EASYRSA = "/usr/share/easy-rsa/easyrsa";

/** The peer that most small CAs are made with. */
export interface EasyRsa {
  /** Signs so many requests, one run of it each, beside all that it has signed before. Certificates in a second. */
  signRate(count: number): Promise<number>;
  remove(): Promise<void>;
}

/** Makes a CA on P-256 in a folder of its own, and one request. */
export async function createEasyRsa(): Promise<EasyRsa> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-easy-rsa-"));
  const env = { ...process.env, EASYRSA_BATCH: "1", EASYRSA_ALGO: "ec", EASYRSA_CURVE: "prime256v1" };
  const easyrsa = (...args: string[]) => run(EASYRSA, args, { cwd: folder, env });
  await easyrsa("init-pki");
  await easyrsa("build-ca", "nopass");
  await easyrsa("gen-req", "phone", "nopass");
  const request = (name: string) => join(folder, "pki/reqs", `${name}.req`);
  let made = 0;
  return {
    async signRate(count) {
      const names = Array.from({ length: count }, () => `phone-${++made}`);
      for (const name of names) await copyFile(request("phone"), request(name));
      // One shell for all: a process of ours for each would be in the figure.
      const loop = `for name in ${names.join(" ")}; do ${EASYRSA} sign-req client $name 2>&1; done`;
      const millis = await timed(() => run("sh", ["-e", "-c", loop], { cwd: folder, env, maxBuffer: 1 << 24 }));
      return (count * 1_000) / millis;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
