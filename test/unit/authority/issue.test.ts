import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import test from "node:test";
import { readCsr } from "../../../services/ca/authority/csr.js";
import { parseDeviceName } from "../../../services/ca/authority/device-name.js";
import { createIssuer, issue } from "../../../services/ca/authority/issue.js";
import { checkRequest, validity } from "../../../services/ca/authority/profile.js";
import { createDevices, LIFETIMES, makeCsr, NOW, newSerialNumber } from "./world.js";

test("a device's certificate is signed by its authority and names the device", async () => {
  const { authority } = await createDevices();
  const request = checkRequest(
    { profile: "device", csr: await readCsr(makeCsr()), deviceName: parseDeviceName("Anna's phone"), serverNames: [] },
    authority,
  );
  const deviceId = "7f7a3a2e-5a0e-4c5e-9d3b-0d9d2c1b6a11";
  const serialNumber = newSerialNumber();
  const prepared = createIssuer(authority).prepare({
    request,
    serialNumber,
    deviceId,
    ...validity("device", LIFETIMES, NOW, authority),
  });
  const certificate = new X509Certificate(await issue(prepared, authority));
  assert.ok(certificate.verify(authority.verificationKey));
  assert.equal(certificate.subject, `CN=Anna's phone\nUID=${deviceId}`);
  assert.equal(certificate.subjectAltName, `URI:urn:uuid:${deviceId}`);
  assert.equal(certificate.serialNumber.toLowerCase(), serialNumber);
  await assert.rejects(issue(prepared, authority), { code: "INTERNAL" });
});
