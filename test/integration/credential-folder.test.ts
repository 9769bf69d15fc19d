import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Credential, readCredential, readKeptFile, SERVER_FILE, writeCredential } from "../../clients/connect/credential.js";
import { startAuthority } from "../../services/ca/main.js";
import { settingsSchema } from "../../services/config.js";
import { findPlace } from "../../services/enrollment/place.js";
import { createLog } from "../../services/log.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { createOperator } from "../support/operator.js";

let world: TestAuthority;
let old: Credential;
let next: Credential;
before(async () => {
  world = await startTestAuthority();
  old = await createOperator(world, "old", "viewer");
  next = { ...(await createOperator(world, "next", "viewer")), folder: old.folder };
});
after(() => world.stop());

/** Which of the two pairs it is; a mixture is neither. */
function nameOf({ key, certificate }: Pick<Credential, "key" | "certificate">): string | undefined {
  const pairs = Object.entries({ old, next });
  return pairs.find(([, pair]) => pair.key === key && pair.certificate === certificate)?.[0];
}

test("a credential that can't be written whole is not written at all: key and certificate stay those that fit", async () => {
  await writeCredential(old);
  // What a full disk does to the second file, done to it by a folder that lies in its way.
  await mkdir(join(old.folder, ".operator.crt.new"));
  await assert.rejects(writeCredential(next), { code: "EISDIR" });
  await rm(join(old.folder, ".operator.crt.new"), { recursive: true });
  assert.equal(nameOf(await readCredential(old.folder)), "old");
  assert.ok((await readFile(join(old.folder, "operator.key"), "utf8")) === old.key, "the key that was there");
});

test("a process that is killed between key and certificate leaves a folder that opens, with the new pair", async () => {
  const folder = `${old.folder}-killed`;
  await writeCredential({ ...old, folder });
  // The two files of the new pair are beside their places, and the first of them has been renamed.
  await writeFile(join(folder, ".operator.crt.new"), next.certificate);
  await writeFile(join(folder, ".operator.key.new"), next.key);
  await rename(join(folder, ".operator.key.new"), join(folder, "operator.key"));
  const found = await readCredential(folder);
  assert.equal(nameOf(found), "next");
  await writeCredential(found);
  assert.deepEqual((await readdir(folder)).toSorted(), ["ca.pem", "credential.json", "operator.crt", "operator.key"]);
});

test("who reads while another writes gets the old pair or the new one, whole", async () => {
  const folder = `${old.folder}-busy`;
  await writeCredential({ ...old, folder });
  let isWriting = true;
  const write = async () => {
    for (let round = 0; round < 40; round++) await writeCredential({ ...(round % 2 === 0 ? next : old), folder });
    isWriting = false;
  };
  const read = async () => {
    while (isWriting) assert.notEqual(nameOf(await readCredential(folder)), undefined);
  };
  await Promise.all([write(), read(), read()]);
});

test("a key that is another certificate's is said to be so", async () => {
  const folder = `${old.folder}-mixed`;
  await writeCredential({ ...old, folder });
  await writeFile(join(folder, "operator.key"), next.key);
  await assert.rejects(readCredential(folder), /operator\.key is not the key of operator\.crt/);
});

test("a server's certificate that is not there is none; one that can't be read is no absence", async () => {
  const folder = `${old.folder}-server`;
  await mkdir(folder);
  assert.equal(await readKeptFile(folder, SERVER_FILE), undefined);
  await mkdir(join(folder, "server.pem"));
  await assert.rejects(readKeptFile(folder, SERVER_FILE), { code: "EISDIR" });
});

test("what the enrolment service can't read in its folder is said once, and what was replaced since is found all the same", async () => {
  const folder = `${old.folder}-place`;
  await writeCredential({ ...old, folder });
  const place = await findPlace({ ...old, folder }, { lan: ["127.0.0.0/8"], names: [] });
  await mkdir(join(folder, "server.pem"));
  await writeCredential({ ...next, folder });
  await assert.rejects(place.look(), { code: "EISDIR" });
  const { credential, certificate } = await place.look();
  assert.deepEqual([credential && nameOf(credential), certificate], ["next", undefined]);
  await rm(folder, { recursive: true });
  assert.deepEqual(await place.look(), { credential: undefined, certificate: undefined, profileSigner: undefined });
});

test("the CA starts with an administrator's folder that is damaged, says so, and leaves it as it is", async () => {
  const folder = join(world.data, "operator");
  await world.restart(async () => {
    const key = await readFile(join(folder, "operator.key"));
    await rm(join(folder, "operator.key"));
    const log: string[] = [];
    const settings = settingsSchema.parse({
      data: world.data,
      grpc: { listen: "127.0.0.1:0" },
      http: { listen: "127.0.0.1:0" },
      enrollment: { enabled: false, host: "localhost" },
    });
    const ca = await startAuthority({ settings, log: createLog((line) => log.push(line)) });
    await ca.close();
    assert.ok(log.some((line) => line.includes('"credential.failed"') && line.includes(folder)));
    assert.deepEqual((await readdir(folder)).toSorted(), ["ca.pem", "credential.json", "operator.crt"]);
    await writeFile(join(folder, "operator.key"), key, { mode: 0o600 });
  });
});

test("the CA replaces a damaged folder of the enrolment service's, and says that it was", async () => {
  const folder = world.ca.enrollmentFolder;
  await world.restart(async () => {
    await writeFile(join(folder, "operator.key"), "damaged");
    const log: string[] = [];
    const settings = settingsSchema.parse({
      data: world.data,
      grpc: { listen: "127.0.0.1:0" },
      http: { listen: "127.0.0.1:0" },
      enrollment: { listen: "127.0.0.1:0", host: "localhost" },
    });
    const ca = await startAuthority({ settings, log: createLog((line) => log.push(line)) });
    await ca.close();
    assert.ok(log.some((line) => line.includes('"credential.failed"') && line.includes(folder) && line.includes("damaged")));
    assert.match((await readCredential(folder)).key, /PRIVATE KEY/);
  });
});
