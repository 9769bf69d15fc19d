import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { CrlFrame } from "../../generated/latchkey/v1/publication_service.js";
import { ask } from "../support/device.js";
import { type LiedToHouse, startLiedToHouse } from "../support/lied-to-house.js";
import { framesOf, headerFrame, type Lie } from "../support/lying-ca.js";
import { until } from "../support/nginx.js";

let house: LiedToHouse;
before(async () => {
  house = await startLiedToHouse();
});
after(() => house.stop());

const BROKEN: Readonly<Record<string, { readonly lie: Lie; readonly says: RegExp }>> = {
  "whose SHA-256 is another's": {
    lie: ({ header, der }) => framesOf(header, der, { sha256: "00".repeat(32) }),
    says: /Its SHA-256 differs/,
  },
  "of more octets than announced": {
    lie: ({ header, der }) => framesOf(header, der, { sizeOctets: String(der.length - 1) }),
    says: /More octets came than were announced/,
  },
  "that is announced with 300 MB": {
    lie: ({ header, der }) => framesOf(header, der, { sizeOctets: "314572800" }),
    says: /A CRL of 314572800 octets was announced/,
  },
  "of which a piece is missing before the next begins": {
    lie: ({ header, der }) => [...framesOf(header, der.subarray(1), { sizeOctets: String(der.length) }), ...framesOf(header, der)],
    says: /Only \d+ of \d+ octets came\. Then another began/,
  },
  "of which a piece never comes": {
    lie: ({ header, der }) => framesOf(header, der.subarray(1), { sizeOctets: String(der.length) }),
    says: /Only \d+ of \d+ octets came\. Then nothing for 10 s/,
  },
};

for (const [name, { lie, says }] of Object.entries(BROKEN)) {
  test(`a CRL ${name} does not reach nginx`, async () => {
    await house.isLiedToInVain(() => house.liar.lie(lie), { code: "CRL_CORRUPT", says });
  });
}

test("a CRL that did not arrive whole is asked for again: no next one is needed", async () => {
  const phone = await house.phone("waiting phone");
  house.liar.lie(({ header, der }) => framesOf(header, der, { sha256: "00".repeat(32) }));
  const { crlNumber } = await house.revoke("waiting phone");
  await until(async () => (await house.standing()).problem === "CRL_CORRUPT", "the hook does not report");
  house.liar.tellTheTruth();
  await until(async () => (await house.standing()).enforcedCrlNumber === crlNumber, "the hook does not ask again", 25_000);
  assert.equal((await house.standing()).problem, "");
  assert.equal((await ask(phone)).status, 400);
});

const SERIAL_NUMBERS = Array.from({ length: 5_000 }, () => ({ serialNumber: "00".repeat(20), cause: "expired", crlNumber: "1" }));
const ENDLESS: Readonly<Record<string, { readonly frame: CrlFrame; readonly says: RegExp }>> = {
  pieces: { frame: { frame: { $case: "chunk", value: Buffer.alloc(64 * 1024) } }, says: /More octets came than were announced/ },
  "pieces without an octet": { frame: { frame: { $case: "chunk", value: Buffer.alloc(0) } }, says: /A piece without an octet came/ },
  "serial numbers that are said to have left": {
    frame: { frame: { $case: "departures", value: { departures: SERIAL_NUMBERS } } },
    says: /More than 1000000 serial numbers are said to have left/,
  },
};

for (const [name, { frame, says }] of Object.entries(ENDLESS)) {
  test(`of ${name} without end the hook takes in no more than it must, and hangs up`, async () => {
    let listening = 0;
    function* endless(first: CrlFrame): Generator<CrlFrame> {
      listening += 1;
      try {
        yield first;
        for (;;) yield frame;
      } finally {
        listening -= 1;
      }
    }
    const lie: Lie = ({ header }) => endless(headerFrame({ ...header, sizeOctets: "2000" }));
    await house.isLiedToInVain(() => house.liar.lie(lie), { code: "CRL_CORRUPT", says });
    await until(() => listening === 0, "the hook goes on listening");
  });
}
