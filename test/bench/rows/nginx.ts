import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { call } from "../../../clients/connect/connect.js";
import { runCommand } from "../../../clients/nginx/command.js";
import { askStatus, statusLocation } from "../../../clients/nginx/status-location.js";
import { startTestAuthority } from "../../support/authority.js";
import { ask } from "../../support/device.js";
import { createDoor, type Door } from "../../support/door.js";
import { issueDevice } from "../../support/operator.js";
import { changeAndWait } from "../../support/revocation.js";
import type { After, Row } from "../figure.js";
import { inRounds, median, medianTime, summarize, timed } from "../harness.js";
import { storeRevoked } from "../world/fill.js";

/** Of those that are revoked through the service; the others are put into the store. */
const ENTRIES = 10;
/** In each round, and in the one that warms up. */
const REVOCATIONS = 4;
const POLL_MILLIS = 2;
const PROOF_MILLIS = 60_000;
/** Of the hook's lines, where it has not done what it should. */
const SAID_LAST = 5;

/** By how many are revoked already. A million takes minutes to fill in. */
export const nginxRows: readonly Row[] = [ENTRIES, 100_000, 1_000_000].map((entries) => ({
  name: `nginx, ${entries.toLocaleString("en-US")} on the CRL`,
  about: `RevokeCertificate over gRPC until AwaitEnforcement says that the hook, a process of its own, has proved it at a real nginx; p50 of ${REVOCATIONS} in each round, each checked by a client that is let in before and refused after. So many were revoked before the first; each adds its 40 octets. The limit is what must be done by whoever makes an nginx refuse a device, at a second nginx with the same configuration and no hook: write the CRL and the status file, rename them into place, \`nginx -t\`, \`nginx -s reload\`, ask until a new worker answers.`,
  isLong: entries > 100_000,
  run: async (after) => {
    const hooked = await openDoor(entries, after);
    const bare = await openDoor(entries, after);
    await hooked.startHook();
    const values = await inRounds({
      enforced: () => revokeSome(hooked),
      limit: () => medianTime(REVOCATIONS, () => enforceBare(bare)),
    });
    return [
      {
        name: `nginx, revoked until refused, ${entries.toLocaleString("en-US")} on the CRL`,
        value: summarize("ms", values.enforced),
        limit: { what: "write + nginx -t + reload", measured: summarize("ms", values.limit) },
      },
    ];
  },
}));

/** A house whose nginx runs on what the hook has written once. */
async function openDoor(entries: number, after: After): Promise<Door> {
  const authority = await startTestAuthority({ domains: [] });
  after(() => authority.stop());
  if (entries > ENTRIES) await authority.restart(() => storeRevoked(authority.data, entries - ENTRIES));
  const door = await createDoor("nginx", authority);
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
async function revokeOne({ authority, port, log }: Door, name: string): Promise<number> {
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  const ca = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
  const phone = { port, ca, identity: await issueDevice(authority.connection, name) };
  const before = await ask(phone);
  let pending: readonly string[] = [];
  const millis = await timed(async () => {
    ({ pending } = await changeAndWait(authority.connection, "revokeCertificate", name, PROOF_MILLIS / 1_000));
  });
  const after = await ask(phone);
  if (before.status !== 200 || after.status !== 400 || pending.length > 0) {
    throw new Error(
      `the door answered ${before.status} before and ${after.status} after; not enforced by: ${pending.join()}\n${log.slice(-SAID_LAST).join("\n")}`,
    );
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
