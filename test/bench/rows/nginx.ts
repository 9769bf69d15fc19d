import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { call } from "../../../clients/connect/connect.js";
import { runCommand } from "../../../clients/nginx/command.js";
import { askStatus, statusLocation } from "../../../clients/nginx/status-location.js";
import { ask } from "../../support/device.js";
import { createDoor, type Door } from "../../support/door.js";
import { issueDevice } from "../../support/operator.js";
import { changeAndWait } from "../../support/revocation.js";
import type { After, Row } from "../figure.js";
import { inRounds, median, medianTime, summarize, timed } from "../harness.js";

const ENTRIES = 10;
/** In each round, and in the one that warms up. */
const REVOCATIONS = 4;
const POLL_MILLIS = 2;
const PROOF_MILLIS = 10_000;

export const nginxRow: Row = {
  name: `nginx, ${ENTRIES} on the CRL`,
  about: `RevokeCertificate over gRPC until AwaitEnforcement says that the hook, a process of its own, has proved it at a real nginx; p50 of ${REVOCATIONS} in each round, each checked by a client that is let in before and refused after. ${ENTRIES} were revoked before the first; each adds its 40 octets. The limit is what must be done by whoever makes an nginx refuse a device, at a second nginx with the same configuration and no hook: write the CRL and the status file, rename them into place, \`nginx -t\`, \`nginx -s reload\`, ask until a new worker answers.`,
  run: async (after) => {
    const hooked = await openDoor(after);
    const bare = await openDoor(after);
    await hooked.startHook();
    const values = await inRounds({
      enforced: () => revokeSome(hooked),
      limit: () => medianTime(REVOCATIONS, () => enforceBare(bare)),
    });
    return [
      {
        name: `nginx, revoked until refused, ${ENTRIES} on the CRL`,
        value: summarize("ms", values.enforced),
        limit: { what: "write + nginx -t + reload", measured: summarize("ms", values.limit) },
      },
    ];
  },
};

/** A house whose nginx runs on what the hook has written once. */
async function openDoor(after: After): Promise<Door> {
  const door = await createDoor("nginx");
  after(() => door.stop());
  const { certificates } = door.authority.connection;
  for (let at = 0; at < ENTRIES; at++) await issueDevice(door.authority.connection, `revoked ${at}`, "nobody");
  const selector = { selected: { $case: "owner" as const, value: "nobody" } };
  await call(certificates, "revokeCertificate", { selector, reason: "", allowLastAdmin: false, requestId: "" });
  await door.configure();
  const { code, stderr } = await door.once();
  if (code !== 0) throw new Error(`the hook did not write its files: ${stderr}`);
  await door.nginx.start();
  return door;
}

async function revokeSome(door: Door): Promise<number> {
  const millis: number[] = [];
  for (let at = 0; at < REVOCATIONS; at++) millis.push(await revokeOne(door, `phone ${process.hrtime.bigint()}`));
  return median(millis);
}

/** Milliseconds until a new device is proved to be refused. A figure of a door that lets everybody in would be worth nothing. */
async function revokeOne({ authority, port }: Door, name: string): Promise<number> {
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  const ca = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
  const phone = { port, ca, identity: await issueDevice(authority.connection, name) };
  const before = await ask(phone);
  let pending: readonly string[] = [];
  const millis = await timed(async () => {
    ({ pending } = await changeAndWait(authority.connection, "revokeCertificate", name));
  });
  const after = await ask(phone);
  if (before.status !== 200 || after.status !== 400 || pending.length > 0) {
    throw new Error(`the door answered ${before.status} before and ${after.status} after; not enforced by: ${pending.join()}`);
  }
  return millis;
}

async function enforceBare({ dir, nginx, statusUrl }: Door): Promise<void> {
  const number = BigInt(Date.now());
  await replace(join(dir, "devices-crl.pem"), await readFile(join(dir, "devices-crl.pem")));
  await replace(join(dir, "latchkey-status.conf"), statusLocation(number));
  for (const command of [nginx.commands.test, nginx.commands.reload]) {
    const { succeeded, stderr } = await runCommand(command);
    if (!succeeded) throw new Error(`${command}: ${stderr}`);
  }
  const end = Date.now() + PROOF_MILLIS;
  for (;;) {
    const answer = await askStatus(statusUrl);
    if (answer.kind === "number" && answer.number === number) return;
    if (Date.now() > end) throw new Error("nginx does not serve the new file");
    await sleep(POLL_MILLIS);
  }
}

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
