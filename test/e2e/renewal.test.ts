import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { connect } from "node:net";
import { test } from "node:test";
import { promisify } from "node:util";
import { call } from "../../clients/connect/connect.js";
import { GetCertificateRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { ask, openSocket } from "../support/device.js";
import { createDoor } from "../support/door.js";
import { startTestEnrollment } from "../support/enrollment.js";
import { freePorts, until } from "../support/nginx.js";
import { issueDevice } from "../support/operator.js";
import { askDevices, JSON_TYPE, renewalOf } from "../support/renewal.js";

/** Debian's own nginx, which has `stream` as a module. */
const NGINX = "/usr/sbin/nginx";
const MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so";

test("a device renews through nginx while its WebSocket is open: that lives on, the new certificate opens the door, the old one too", async (t) => {
  const door = await createDoor(NGINX);
  t.after(() => door.stop());
  const { authority } = door;
  const house = await startTestEnrollment(authority, {
    // Nobody is on the LAN: only through the proxy is there a way in.
    lan: ["192.0.2.0/24"],
    devices: { listen: "127.0.0.1:0", trustedProxies: ["127.0.0.1"] },
  });
  t.after(() => house.stop());
  const [outside = 0] = await freePorts(1);
  const stream = `stream { server { listen 127.0.0.1:${outside}; proxy_pass ${house.service.devices}; proxy_protocol on; } }`;
  await door.configure({ main: `load_module ${MODULE};\nworker_shutdown_timeout 2s;\n${stream}` });
  const first = await door.once();
  assert.equal(first.code, 0, first.stderr);
  await door.nginx.start();
  await door.startHook();
  await until(() => door.log.some((line) => line.includes("crl.enforced")), `nothing is enforced: ${door.log.join("\n")}`);

  const { anchors } = await call(authority.connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  const root = anchors.find(({ authority: id }) => id === "servers")?.certificate ?? "";
  const old = await issueDevice(authority.connection, "car");
  const socket = await openSocket({ port: door.port, ca: root, identity: old });
  t.after(() => socket.close());
  assert.equal(await socket.echo("before"), "before");

  const next = await renewalOf(old);
  const answer = await askDevices({ port: outside, root }, old, "/api/v1/renewals", {
    method: "POST",
    headers: JSON_TYPE,
    body: next.json,
  });
  assert.equal(answer.status, 201, answer.text);
  const { certificateChain, serialNumber } = answer.json<{ certificateChain: string; serialNumber: string }>();
  assert.equal(await socket.echo("after"), "after");
  assert.ok(socket.isOpen);
  const renewed = { certificate: certificateChain, key: next.keyPem };
  for (const identity of [old, renewed]) assert.equal((await ask({ port: door.port, ca: root, identity })).status, 200);
  const checked = await askDevices({ port: outside, root }, renewed, "/");
  assert.deepEqual([checked.status, checked.json().deviceName], [200, "car"]);
  const name = `authorities/devices/certificates/${serialNumber}`;
  const { certificate } = await call(authority.connection.certificates, "getCertificate", GetCertificateRequest.create({ name }));
  assert.ok(certificate?.firstSeenTime);
});

test("from outside, through nginx, nobody gets a handshake with the devices' port without a device's certificate, and none past nginx at all", async (t) => {
  const door = await createDoor(NGINX);
  t.after(() => door.stop());
  const house = await startTestEnrollment(door.authority, {
    lan: ["192.0.2.0/24"],
    devices: { listen: "127.0.0.1:0", trustedProxies: ["127.0.0.1"] },
  });
  t.after(() => house.stop());
  const [outside = 0] = await freePorts(1);
  const stream = `stream { server { listen 127.0.0.1:${outside}; proxy_pass ${house.service.devices}; proxy_protocol on; } }`;
  await door.configure({ main: `load_module ${MODULE};\nworker_shutdown_timeout 2s;\n${stream}` });
  assert.equal((await door.once()).code, 0);
  await door.nginx.start();
  const curl = async (port: number | string, ...more: string[]) =>
    await promisify(execFile)("curl", ["-sk", "--max-time", "5", ...more, `https://127.0.0.1:${port}/healthz`]).then(
      ({ stdout }) => stdout,
      (error: { code?: number }) => `curl ${error.code}`,
    );
  // 56: TLS 1.3 tells of the refused handshake with the first octets that are read.
  assert.match(await curl(outside), /^curl (35|56)$/);
  assert.match(await curl(outside, "--tls-max", "1.2"), /^curl (35|56)$/);
  // Past nginx there is no PROXY line, and so nobody whom the connection is from.
  assert.match(await curl(house.service.devices.split(":").at(-1) ?? ""), /^curl (35|56)$/);
  // The enrolment page itself can't be put behind it: its own port knows no PROXY line.
  const enroll = Number(house.service.address.split(":").at(-1));
  const closed = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: enroll }, () => socket.write("PROXY TCP4 192.0.2.7 192.0.2.1 1 2\r\n"));
    socket.on("error", () => {});
    socket.on("close", () => resolve(true));
  });
  assert.ok(closed);
});
