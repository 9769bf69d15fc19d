import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import type { Der } from "../../services/ca/authority/types.js";
import { type Opened, open } from "../../services/ca/open.js";
import { adoptCa, type OldCa } from "../../services/ca/workflows/adoption.js";
import type { Caller } from "../../services/ca/workflows/caller.js";
import { releaseCertificates } from "../../services/ca/workflows/revocation.js";
import { settingsSchema } from "../../services/config.js";
import { createArticleCa } from "../support/old-ca.js";

test("killed in the middle, a CA is not trusted yet, and the same call goes on; its namesake with another key is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-adoption-"));
  process.env.XDG_CONFIG_HOME = join(folder, "config");
  const settings = settingsSchema.parse({ data: join(folder, "data") });
  const start = () => open({ settings, log: () => {} });
  const [ours, namesake] = [
    await createArticleCa(join(folder, "ours")),
    await createArticleCa(join(folder, "namesake"), "/CN=EXAMPLE.com"),
  ];
  const certificates: X509Certificate[] = [];
  for (const name of ["anna", "ben", "eva"]) certificates.push(new X509Certificate((await ours.phone(name)).certificate));
  const line = (at: number, reason: string, name: string) =>
    `R\t360101000000Z\t250101000000Z,${reason}\t${BigInt(`0x${certificates[at]?.serialNumber}`).toString(16).toUpperCase()}\tunknown\t/CN=${name}\n`;
  const index = line(1, "keyCompromise", "ben") + line(2, "certificateHold", "eva");
  const old = async ({ ca, key }: typeof ours): Promise<OldCa> => ({
    certificate: new Uint8Array(new X509Certificate(await readFile(ca)).raw) as Der,
    privateKey: createPrivateKey(await readFile(key)),
    isKeyInTheClear: true,
    certificates,
    index,
    crl: undefined,
    nextCrlNumber: undefined,
  });
  const adopt = async ({ context, folders, encryption }: Opened, from: typeof ours, store = context.store) =>
    await adoptCa({ ...context, store }, { folder: folders.keys, encryption }, await old(from));

  let opened = await start();
  try {
    let left = 1;
    const dying = new Proxy(opened.store, {
      get(target, name, receiver) {
        if (name === "insertCertificate" && left-- === 0) throw new Error("killed");
        const value: unknown = Reflect.get(target, name, receiver);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    await assert.rejects(adopt(opened, ours, dying), /killed/);
    await opened.store.close();

    opened = await start();
    assert.ok(!opened.authorities.ids().includes("adopted-1"));
    await assert.rejects(adopt(opened, namesake), { code: "CA_NOT_ADOPTABLE", message: /same name with another key/ });
    const adoption = await adopt(opened, ours);
    assert.deepEqual([adoption.id, adoption.taken + adoption.known, adoption.revoked], ["adopted-1", 3, 2]);
    await opened.store.close();

    opened = await start();
    assert.ok(opened.authorities.ids().includes("adopted-1"));
    assert.equal(opened.context.crls.entryCount("adopted-1"), 2);
    const crl = await opened.context.crls.settled("devices");
    assert.equal(crl.authority, "devices");
    assert.equal(opened.context.crls.current("adopted-1")?.authority, "adopted-1");
    assert.equal((await opened.context.crls.settled("adopted-1")).number, crl.number);

    // What is known stays: who was released here is not held again, who is revoked stays so.
    const caller = { name: "admin", role: "admin", serialNumber: "01", mayServe: undefined } as unknown as Caller;
    await releaseCertificates(opened.context, caller, { kind: "device", name: "eva" });
    assert.deepEqual((await adopt(opened, ours)).known, 3);
    const { items } = await opened.context.store.listCertificates({ authority: "adopted-1", at: new Date() }, { size: 10, token: "" });
    assert.deepEqual(items.map(({ deviceName, status }) => `${deviceName} ${status}`).toSorted(), [
      "anna valid",
      "ben revoked",
      "eva valid",
    ]);
  } finally {
    await opened.store.close();
    await rm(folder, { recursive: true, force: true });
  }
});

/** Roots that OpenSSL lets devices in by, and whose certificates Latchkey can't work with. */
const UNUSABLE = {
  "another key identifier for its issuer": ["-addext", "subjectKeyIdentifier=hash", "-addext", "2.5.29.35=DER:300680040011aabb"],
  "name constraints with a mask that is none": ["-addext", "nameConstraints=critical,permitted;IP:10.0.0.0/255.0.255.0"],
};

test("a CA that the next start could not open is refused, and the CA starts as before", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-adoption-"));
  process.env.XDG_CONFIG_HOME = join(folder, "config");
  t.after(() => rm(folder, { recursive: true, force: true }));
  const settings = settingsSchema.parse({ data: join(folder, "data") });
  let opened = await open({ settings, log: () => {} });
  try {
    for (const extensions of Object.values(UNUSABLE)) {
      const [key, certificate] = [join(folder, "old.key"), join(folder, "old.crt")];
      const make = ["req", "-new", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650"];
      const names = ["-subj", "/CN=old", "-addext", "basicConstraints=critical,CA:TRUE", ...extensions];
      await promisify(execFile)("openssl", [...make, ...names, "-keyout", key, "-out", certificate]);
      const old: OldCa = {
        certificate: new Uint8Array(new X509Certificate(await readFile(certificate)).raw) as Der,
        privateKey: createPrivateKey(await readFile(key)),
        isKeyInTheClear: true,
        certificates: [],
        index: undefined,
        crl: undefined,
        nextCrlNumber: undefined,
      };
      const { context, folders, encryption } = opened;
      await assert.rejects(adoptCa(context, { folder: folders.keys, encryption }, old), {
        code: "CA_NOT_ADOPTABLE",
        message: /Nothing was changed/,
      });
      await opened.store.close();
      opened = await open({ settings, log: () => {} });
      assert.deepEqual(opened.authorities.ids(), ["devices", "servers", "operators"]);
    }
  } finally {
    await opened.store.close();
  }
});
