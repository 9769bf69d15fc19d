import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { acceptAdopted, isWhole } from "../../../clients/nginx/accept-adopted.js";
import { readCrl } from "../../../clients/nginx/crl.js";
import { Problem } from "../../../clients/nginx/problem.js";
import { CrlEntries, createCrlSigner } from "../../../services/ca/authority/crl.js";
import { fingerprintOf, type Vouched } from "../../../services/ca/authority/vouched.js";
import { createDevices, NOW } from "../authority/world.js";

const LATER = new Date(NOW.getTime() + 86_400_000);
const [devices, old, stranger] = [await createDevices(), await createDevices(), await createDevices()];
const oldCa = new X509Certificate(Buffer.from(old.authority.certificate));

const sign = async ({ authority }: typeof old, number: bigint, vouched: Vouched[] = []) =>
  (await createCrlSigner(authority).sign(new CrlEntries(), number, NOW, LATER, vouched)).der;
const handed = async (ca: typeof old, number: bigint) => ({ der: await sign(ca, number), departed: new Map() });
const vouchFor = (ca: typeof old, crlNumber: bigint) => ({ fingerprint: fingerprintOf(ca.authority.certificate), crlNumber });
const crl = readCrl(await sign(devices, 10n, [vouchFor(old, 5n)]));

function refuses(code: string, work: () => unknown): void {
  assert.throws(work, (error) => error instanceof Problem && error.code === code);
}

test("an adopted CA is taken with its CRL when the pinned CA's CRL vouches for both", async () => {
  const [adopted] = acceptAdopted(crl, [oldCa], [await handed(old, 5n)], [], NOW);
  assert.equal(adopted?.crl.number, 5n);
  assert.ok(isWhole(crl, adopted === undefined ? [] : [adopted]));
  assert.ok(!isWhole(crl, []));
});

test("none may be missing, and none may be older than said", async () => {
  const five = await handed(old, 5n);
  const four = await handed(old, 4n);
  refuses("ADOPTED_CA_MISSING", () => acceptAdopted(crl, [], [five], [], NOW));
  refuses("ADOPTED_CA_MISSING", () => acceptAdopted(crl, [oldCa], [], [], NOW));
  refuses("CRL_OLDER", () => acceptAdopted(crl, [oldCa], [four], [], NOW));
  const held = acceptAdopted(crl, [oldCa], [await handed(old, 6n)], [], NOW);
  refuses("CRL_OLDER", () => acceptAdopted(crl, [oldCa], [five], held, NOW));
});

test("a CA that nobody vouches for is not taken, whoever offers it", async () => {
  const foreign = new X509Certificate(Buffer.from(stranger.authority.certificate));
  const adopted = acceptAdopted(crl, [oldCa, foreign], [await handed(stranger, 9n), await handed(old, 5n)], [], NOW);
  assert.deepEqual(
    adopted.map(({ ca }) => ca.fingerprint256),
    [oldCa.fingerprint256],
  );
  assert.deepEqual(acceptAdopted(readCrl(await sign(devices, 11n)), [oldCa], [await handed(old, 5n)], [], NOW), []);
});
