import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call } from "../../clients/connect/connect.js";
import { GetInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";
import type { TestAuthority } from "./authority.js";
import type { TestEnrollment } from "./enrollment.js";
import type { Output } from "./serve.js";
import { LATCHKEY } from "./transcript.js";

/** An invitation as its device has it: a link, a fingerprint, and the passphrase in a file. */
export interface TestInvitation {
  readonly url: string;
  readonly fingerprint: string;
  readonly passphrase: string;
  readonly passphraseFile: string;
  readonly token: string;
  /** As the CA has it now. */
  state(): Promise<string>;
}

/** A device with a terminal: a home of its own, and the real command. */
export interface TestDevice {
  readonly home: string;
  invite(deviceName: string): Promise<TestInvitation>;
  /** `latchkey enroll` with the invitation's link, fingerprint and passphrase; `more` may say them otherwise. */
  enroll(invitation: TestInvitation, more: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Output>;
  latchkey(words: readonly string[], environment?: Readonly<Record<string, string>>): Promise<Output>;
  /** A program of this name that comes before the real one on the PATH. */
  replace(program: string, script: string): void;
}

export function createTestDevice(world: Pick<TestAuthority, "connection">, house: TestEnrollment): TestDevice {
  const home = mkdtempSync(join(tmpdir(), "latchkey device "));
  const programs = mkdtempSync(join(home, "programs-"));
  const port = house.service.address.split(":").at(-1);
  let count = 0;

  function latchkey(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Output> {
    const env = { PATH: `${programs}:${process.env.PATH}`, HOME: home, ...environment };
    return new Promise((resolve) => {
      // Without a terminal, whoever runs the tests at one.
      const child = execFile(
        "/usr/bin/setsid",
        ["--wait", process.execPath, LATCHKEY, ...words],
        { cwd: home, env, timeout: 60_000 },
        (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : null, stdout, stderr }),
      );
      child.stdin?.end();
    });
  }
  return {
    home,
    latchkey,
    async invite(deviceName) {
      const { token, passphrase, caFingerprint, invitation } = await house.invite(deviceName);
      const passphraseFile = join(home, `passphrase-${++count}`);
      writeFileSync(passphraseFile, `${passphrase}\n`, { mode: 0o600 });
      const name = invitation?.name ?? "";
      return {
        url: `https://localhost:${port}/i/${token}`,
        fingerprint: caFingerprint,
        passphrase,
        passphraseFile,
        token,
        state: async () =>
          (await call(world.connection.invitations, "getInvitation", GetInvitationRequest.create({ name }))).invitation?.state ?? "",
      };
    },
    enroll({ url, fingerprint, passphraseFile }, more, environment) {
      const given = { "--fingerprint": fingerprint, "--passphrase-file": passphraseFile };
      const words = Object.entries(given).flatMap(([flag, value]) =>
        more.includes(flag) || more.includes(`no ${flag}`) ? [] : [flag, value],
      );
      return latchkey(["enroll", url, ...words, ...more.filter((word) => !word.startsWith("no --"))], environment);
    },
    replace(program, script) {
      const path = join(programs, program);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
    },
  };
}

/** A wire between a device and the service, that breaks when the service answers while `isToBreak` says so. */
export async function startWire(
  to: string | (() => string),
  isToBreak: () => boolean,
  host = "127.0.0.1",
): Promise<{ port: number; close(): void }> {
  const open = new Set<Socket>();
  const server: Server = createTcpServer((device) => {
    const address = typeof to === "string" ? to : to();
    const service = connectTcp({ host: "127.0.0.1", port: Number(address.split(":").at(-1)) });
    for (const socket of [device, service]) {
      open.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        open.delete(socket);
        device.destroy();
        service.destroy();
      });
    }
    device.on("data", (chunk: Buffer) => service.write(chunk));
    service.on("data", (chunk: Buffer) => (isToBreak() ? device.destroy() : device.write(chunk)));
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : 0,
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
