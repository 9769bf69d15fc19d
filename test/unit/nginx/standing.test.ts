import assert from "node:assert/strict";
import { test } from "node:test";
import type { Keeper } from "../../../clients/nginx/keeper.js";
import { createWitness } from "../../../clients/nginx/standing.js";

const KEEPER = { crl: undefined, enforcement: { enforced: undefined, problem: undefined, warnings: [], refusesCanaries: false } };

test("a report that failed says nothing of the connection, which its own end tells of", () => {
  const witness = createWitness(() => {});
  const isConnected = () => witness.standingOf(KEEPER as unknown as Keeper, new Date()).ca.connected;
  assert.equal(isConnected(), false);
  witness.log("ca.connected", { address: "ca:8440" });
  witness.log("report.failed", { code: "UNAVAILABLE", detail: "once" });
  assert.equal(isConnected(), true);
  witness.log("ca.away", { code: "UNAVAILABLE", detail: "gone" });
  assert.equal(isConnected(), false);
  witness.log("crl.received", { octets: 1 });
  assert.equal(isConnected(), true);
});
