import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { renderConfiguration } from "../../clients/nginx/configuration.js";
import { listenForSightings } from "../../clients/nginx/sightings.js";
import { GetCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { ask } from "../support/device.js";
import { createDoor } from "../support/door.js";
import { until } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";

/** A port of 127.0.0.1 that takes datagrams, and that nobody has right now. */
async function freeDatagramPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

for (const { name, command } of await nginxVersions()) {
  test(`${name}: with --seen the CA knows when nginx has let a device in, by the lines that config prints`, async (t) => {
    const door = await createDoor(command);
    t.after(() => door.stop());
    const seen = { host: "127.0.0.1", port: await freeDatagramPort() };
    const printed = renderConfiguration({
      version: "nginx/1.22.1",
      dir: door.dir,
      doors: [{ serverNames: ["localhost"], backend: "http://127.0.0.1:1" }],
      listen: ["443"],
      statusPort: 1,
      seen,
    }).http;
    const line = (start: string) => printed.split("\n").find((one) => one.trim().startsWith(start)) ?? "";
    await door.configure({ http: line("log_format"), more: line("access_log syslog") });
    assert.equal((await door.once()).code, 0);
    await door.nginx.start();
    await door.startHook([...door.flags, "--seen", `${seen.host}:${seen.port}`]);
    await until(() => door.log.some((one) => one.includes("crl.enforced")), `nothing is enforced: ${door.log.join("\n")}`);

    const { connection } = door.authority;
    const { anchors } = await call(connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
    const ca = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
    const [phone, other] = [await issueDevice(connection, "phone"), await issueDevice(connection, "other")];
    assert.equal((await ask({ port: door.port, ca, identity: phone })).status, 200);
    assert.equal((await ask({ port: door.port, ca, identity: undefined })).status, 400);
    // The log goes out as the request ends; what the hook has heard it tells at the latest when it stops.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await door.stopHook();
    const seenAt = async (serialNumber: string) => {
      const request = GetCertificateRequest.create({ name: `authorities/devices/certificates/${serialNumber}` });
      return (await call(connection.certificates, "getCertificate", request)).certificate?.lastSeenTime;
    };
    assert.ok((await seenAt(phone.serialNumber)) !== undefined, door.log.join("\n"));
    assert.equal(await seenAt(other.serialNumber), undefined);
  });
}

test("what is no such message is passed over", async () => {
  const sightings = await listenForSightings({ host: "127.0.0.1", port: 0 });
  const sender = createSocket("udp4");
  try {
    const send = (text: string) =>
      new Promise<void>((resolve) => sender.send(Buffer.from(text), sightings.port, "127.0.0.1", () => resolve()));
    for (const text of [
      "",
      "SUCCESS",
      "<190>x: FAILED:revoked 0A",
      "<190>x: NONE -",
      "<190>x: SUCCESS 0G",
      "<190>x: SUCCESS 0A1",
      `<190>x: SUCCESS ${"A".repeat(42)}`,
    ])
      await send(text);
    for (let device = 0; device < 20; device++) await send("<190>Nov 25 22:00:00 latchkey: SUCCESS 0A1B");
    await until(async () => {
      const taken = sightings.take();
      sightings.putBack(taken);
      return taken.length > 0;
    }, "nothing was heard");
    assert.deepEqual(sightings.take(), ["0a1b"]);
    sightings.putBack(Array.from({ length: 30_000 }, (_, at) => at.toString(16).padStart(4, "0")));
    assert.equal(sightings.take().length, 20_000, "memory is bounded");
  } finally {
    sender.close();
    sightings.close();
  }
});
