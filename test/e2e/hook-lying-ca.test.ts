import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { TAG } from "../../clients/nginx/der.js";
import { bitString, element, integer, objectIdentifier, sequence } from "../../services/ca/authority/der/writer.js";
import { forgeNamesakeOf } from "../support/crafted-ca.js";
import { type CrlForge, type CrlWish, forgeOfDevices, forgeOfNamesake, serialNumbersOf } from "../support/crafted-crl.js";
import { ask } from "../support/device.js";
import { type Expected, type LiedToHouse, startLiedToHouse } from "../support/lied-to-house.js";
import { chunkFrames, framesOf, headerFrame, type Lie, type TrueCrl } from "../support/lying-ca.js";
import { until } from "../support/nginx.js";
import { changeAndWait } from "../support/revocation.js";
import { LATCHKEY } from "../support/transcript.js";

const run = promisify(execFile);

let house: LiedToHouse;
let forge: CrlForge;
let forgeOfAnother: CrlForge;
let heldNumber: bigint;

before(async () => {
  house = await startLiedToHouse();
  forge = await forgeOfDevices(house.authority);
  forgeOfAnother = await forgeOfNamesake(house.authority);
});
after(() => house.stop());

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000);

/** A CRL of these octets, announced as what it is. */
const sent =
  (craft: (truth: TrueCrl) => Uint8Array | Promise<Uint8Array>): Lie =>
  async (truth) =>
    framesOf(truth.header, await craft(truth));
/** What the true CRL says but for this, properly signed. */
const signed = (wish: (truth: TrueCrl) => Partial<CrlWish>, by: () => CrlForge = () => forge): Lie =>
  sent((truth) => by()({ number: BigInt(truth.header.crlNumber), serialNumbers: serialNumbersOf(truth.der), ...wish(truth) }));

function flipped(der: Uint8Array, at: number): Buffer {
  const changed = Buffer.from(der);
  changed[at] = (changed[at] ?? 0) ^ 0x10;
  return changed;
}

const ECDSA = sequence(objectIdentifier("1.2.840.10045.4.3.2"));
const ENDLESS_DATE = element(TAG.UTC_TIME, Buffer.alloc(9_000_000, "9"));

const LIES: Readonly<Record<string, Expected & { readonly lie: Lie }>> = {
  "with a bit of its signature flipped": {
    lie: sent(({ der }) => flipped(der, der.length - 1)),
    code: "CRL_CORRUPT",
    says: /not signed by the devices CA.*Its signature does not verify/,
  },
  "with a bit of its structure flipped": { lie: sent(({ der }) => flipped(der, 4)), code: "CRL_CORRUPT", says: /It can't be read/ },
  "cut short": { lie: sent(({ der }) => der.subarray(0, -10)), code: "CRL_CORRUPT", says: /It can't be read/ },
  "with octets after its end": {
    lie: sent(({ der }) => Buffer.concat([der, Buffer.alloc(3)])),
    code: "CRL_CORRUPT",
    says: /octets that follow the end/,
  },
  "whose date is nine megabytes long": {
    lie: sent(() => sequence(sequence(integer(1), ECDSA, sequence(), ENDLESS_DATE), ECDSA, bitString(Uint8Array.of(0)))),
    code: "CRL_CORRUPT",
    says: /"9+" is no time/,
  },
  "that comes as a change to none that the hook holds": {
    lie: ({ header, der }) => [headerFrame({ ...header, fromSha256: "00".repeat(32) }), ...chunkFrames(der)],
    code: "CRL_CORRUPT",
    says: /A change came to a CRL that is not held/,
  },
  "of the operators": {
    lie: sent(() => house.publishedCrl("operators")),
    code: "CRL_FOREIGN",
    says: /another CA's.*nginx goes on with the one it has/,
  },
  "of another authority with the same name": {
    lie: signed(
      () => ({ keyIdentifier: "11".repeat(20) }),
      () => forgeOfAnother,
    ),
    code: "CRL_FOREIGN",
    says: /another CA's.*another key than that of devices-ca\.pem/,
  },
  "of another authority with the same name and key identifier": {
    lie: signed(
      () => ({}),
      () => forgeOfAnother,
    ),
    code: "CRL_CORRUPT",
    says: /not signed by the devices CA.*Its signature does not verify/,
  },
  "that is signed by the devices CA, and names another key": {
    lie: signed(() => ({ keyIdentifier: "11".repeat(20) })),
    code: "CRL_FOREIGN",
    says: /another CA's.*another key than that of devices-ca\.pem/,
  },
  "that takes its revocations back in their reasons": {
    lie: signed(() => ({ reason: "removeFromCRL" })),
    code: "CRL_CORRUPT",
    says: /an entry with the reason 8, which revokes nothing/,
  },
  "whose number is longer than twenty octets": {
    lie: signed(() => ({ number: 1n << 160n })),
    code: "CRL_CORRUPT",
    says: /number of more than 20 octets/,
  },
  "that has expired": {
    lie: signed(() => ({ thisUpdate: inSeconds(-3_600), nextUpdate: inSeconds(-60) })),
    code: "CRL_EXPIRED",
    says: /Its nextUpdate was \d{4}-.*this host's clock says \d{4}-/,
  },
  "that is older": { lie: sent(() => house.olderCrl), code: "CRL_OLDER", says: /Its number is \d+, the one held is \d+/ },
  "with the number of the one held, and other content": {
    lie: signed(() => ({ number: heldNumber })),
    code: "CRL_OLDER",
    says: /Its number is (\d+), the one held is \1\b/,
  },
  "that is not valid for five minutes yet": {
    lie: signed(() => ({ thisUpdate: inSeconds(300) })),
    code: "CRL_NOT_YET_VALID",
    says: /It is (29\d|300) s ahead .*NTP/,
  },
  "that has forgotten a revocation": {
    lie: signed(({ der }) => ({ serialNumbers: serialNumbersOf(der).filter((serial) => serial !== house.lost.serialNumber) })),
    code: "CRL_FORGETS_REVOCATIONS",
    says: /Missing: [0-9a-f]{16,40}\. nginx goes on refusing them.*crl restore --from/,
  },
};

for (const [name, { lie, ...expected }] of Object.entries(LIES)) {
  test(`a CRL ${name} does not reach nginx`, async () => {
    heldNumber = BigInt((await house.standing()).enforcedCrlNumber);
    await house.isLiedToInVain(() => house.liar.lie(lie), expected);
  });
}

const TRUST: Readonly<Record<string, { readonly lie: (ca: string) => Promise<string>; readonly says: RegExp }>> = {
  "another devices CA with the same name": {
    lie: (ca) => forgeNamesakeOf(ca, { withItsKey: false }),
    says: /another devices CA.*Held: ([0-9A-F:]{95})\. Offered: (?!\1)[0-9A-F:]{95}\./,
  },
  "the devices CA's key in a certificate that it has not signed, and another CA after it": {
    lie: async (ca) => `${await forgeNamesakeOf(ca, { withItsKey: true })}${await forgeNamesakeOf(ca, { withItsKey: false })}`,
    says: /another devices CA.*Held: ([0-9A-F:]{95})\. Offered: (?!\1)[0-9A-F:]{95}\./,
  },
  "what is no certificate": {
    lie: async () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    says: /another devices CA.*can't be read/,
  },
};

for (const [name, { lie, says }] of Object.entries(TRUST)) {
  test(`${name} does not reach nginx`, async () => {
    const forged = await lie(await readFile(join(house.door.dir, "devices-ca.pem"), "utf8"));
    const tellLie = () => {
      house.liar.lieAboutTrust(forged);
      house.liar.hangUp();
    };
    await house.isLiedToInVain(tellLie, { code: "CA_CHANGED", says });
  });
}

test("a revocation may not be forgotten because the device had been released before it", async () => {
  const { serialNumber } = await house.phone("found phone");
  const { connection } = house.authority;
  for (const action of ["holdCertificate", "releaseCertificate", "revokeCertificate"] as const)
    assert.deepEqual((await changeAndWait(connection, action, "found phone")).pending, []);
  const lie = signed(({ der }) => ({ serialNumbers: serialNumbersOf(der).filter((serial) => serial !== serialNumber) }));
  await house.isLiedToInVain(() => house.liar.lie(lie), {
    code: "CRL_FORGETS_REVOCATIONS",
    says: new RegExp(`Missing: ${serialNumber}\\.`),
  });
});

test("a CRL that is ahead by seconds is installed as soon as it is valid", async () => {
  const phone = await house.phone("early phone");
  house.liar.lie(signed(() => ({ thisUpdate: inSeconds(4) })));
  const { crlNumber, pending } = await house.revoke("early phone");
  assert.deepEqual(pending, ["door"]);
  await until(async () => (await house.standing()).problem === "CRL_NOT_YET_VALID", "the hook does not wait");
  assert.equal((await ask(phone)).status, 200);
  await until(async () => (await house.standing()).enforcedCrlNumber === crlNumber, "the hook goes on waiting");
  assert.equal((await house.standing()).problem, "");
  assert.deepEqual([(await ask(phone)).status, (await ask(house.good)).status], [400, 200]);
  house.liar.tellTheTruth();
});

test("`latchkey status` names the CRL that was refused, and why", async () => {
  house.liar.lie(sent(() => house.olderCrl));
  await house.phone("named phone");
  await house.revoke("named phone");
  await until(async () => (await house.standing()).problem === "CRL_OLDER", "the hook does not report");
  const status = async (...flags: string[]) =>
    (await run(process.execPath, [LATCHKEY, "status", "--credential", house.authority.ca.operatorFolder, ...flags])).stdout;
  const told = await status();
  assert.match(told, /door {2}connected .*CRL_OLDER/);
  assert.match(told, /CRL_OLDER {2}door: The CRL that came is older than the one held\. Its number is \d+/);
  const { warnings } = JSON.parse(await status("--json")) as { warnings: { code: string; message: string }[] };
  assert.match(warnings.find(({ code }) => code === "CRL_OLDER")?.message ?? "", /^door: The CRL that came is older than the one held/);
  house.liar.tellTheTruth();
});

test("a CRL number of twenty octets is taken (RFC 5280 §5.2.3); what follows is older, and never called enforced", async () => {
  const [before, after] = [await house.phone("phone before"), await house.phone("phone after")];
  const greatest = (1n << 160n) - 1n;
  house.liar.lie(signed(() => ({ number: greatest })));
  await house.revoke("phone before");
  const shown = async () => (await fetch(house.door.statusUrl)).text();
  await until(async () => (await shown().catch(() => "")) === `${greatest}\n`, "nginx does not serve it");
  house.liar.tellTheTruth();
  assert.deepEqual((await house.revoke("phone after")).pending, ["door"]);
  await until(async () => (await house.standing()).problemDetail.includes(`the one held is ${greatest}.`), "the hook does not report");
  const { problem, problemDetail } = await house.standing();
  assert.equal(problem, "CRL_OLDER");
  assert.match(problemDetail, /move this hook's --dir away/);
  assert.deepEqual([(await ask(before)).status, (await ask(after)).status, (await ask(house.good)).status], [400, 200, 200]);

  await house.door.stopHook();
  await rename(house.door.dir, `${house.door.dir}.away`);
  assert.equal((await house.door.once()).code, 0);
  await house.door.startHook();
  await until(async () => (await house.standing()).problem === "", "the hook does not begin anew");
  assert.deepEqual([(await ask(after)).status, (await ask(house.good)).status], [400, 200]);
});
