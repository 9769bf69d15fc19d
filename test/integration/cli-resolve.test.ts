import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CommandError } from "../../clients/cli/error.js";
import { resolve, toSelector } from "../../clients/cli/resolve.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { issueDevice } from "../support/operator.js";

describe("what an ID on the command line means", () => {
  let world: TestAuthority;
  const serials = new Map<string, string>();
  before(async () => {
    world = await startTestAuthority();
    for (const name of ["Anna", "Anna's phone", "Annabel", "Bob", "Star*", "Star light", 'Q"uote\\', "cafe"]) {
      serials.set(name, (await issueDevice(world.connection, name)).serialNumber);
    }
  });
  after(async () => await world.stop());

  const meant = async (id: string) => {
    const resolved = await resolve(world.connection, id);
    return `${resolved.exact ? "exactly" : "probably"} ${resolved.kind === "name" ? resolved.name : resolved.certificate.deviceName}`;
  };

  for (const [id, expected] of Object.entries({
    Anna: "exactly Anna",
    "Anna'": "probably Anna's phone",
    Annab: "probably Annabel",
    Bo: "probably Bob",
    "Star*": "exactly Star*",
    'Q"uote\\': 'exactly Q"uote\\',
    'Q"': 'probably Q"uote\\',
    cafe: "exactly cafe",
  })) {
    test(`${id} is ${expected}`, async () => assert.equal(await meant(id), expected));
  }

  test("a serial number is one certificate, in capitals, too; its beginning is a guess", async () => {
    const serial = serials.get("Bob") ?? "";
    const whole = await resolve(world.connection, serial.toUpperCase());
    assert.equal(whole.exact, true);
    assert.deepEqual(toSelector(whole), { selected: { $case: "name", value: `authorities/devices/certificates/${serial}` } });
    assert.equal(await meant(serial.slice(0, 12)), "probably Bob");
  });

  test("a beginning that several have names them, and is refused", async () => {
    await assert.rejects(resolve(world.connection, "Ann"), (error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.code, "AMBIGUOUS");
      for (const name of ["Anna", "Anna's phone", "Annabel"]) assert.ok(error.message.includes(`\n  ${name}`), error.message);
      return true;
    });
  });

  test("a star in an ID is a star, not everybody", async () => {
    await assert.rejects(resolve(world.connection, "*"), { code: "CERTIFICATE_NOT_FOUND" });
    await assert.rejects(resolve(world.connection, "Anna*"), { code: "CERTIFICATE_NOT_FOUND" });
  });
});
