import assert from "node:assert/strict";
import { test } from "node:test";
import type { HandedCrl } from "../../../clients/nginx/accept-crl.js";
import type { Enforcement } from "../../../clients/nginx/enforcement.js";
import { createInbox } from "../../../clients/nginx/inbox.js";
import type { Keeper } from "../../../clients/nginx/keeper.js";
import { keepEnforcing } from "../../../clients/nginx/rounds.js";
import { createSchedule } from "../../../clients/nginx/schedule.js";

const WELL: Enforcement = { enforced: 1n, problem: undefined, warnings: [], refusesCanaries: false };
const arrived = (octet: number) => ({ der: Uint8Array.of(octet), departed: new Map<string, bigint>() });

test("a CRL that came while another was enforced is enforced, too, although the connection has broken meanwhile", async () => {
  const inbox = createInbox(() => undefined);
  const connection = new AbortController();
  const taken: (number | undefined)[] = [];
  const asked: string[] = [];
  const keeper = {
    async take({ der }: HandedCrl) {
      taken.push(der[0]);
      if (taken.length === 1) {
        inbox.put(arrived(2));
        connection.abort();
      }
      return WELL;
    },
  } as unknown as Keeper;
  inbox.put(arrived(1));
  const ask = (what: string) => async () => {
    asked.push(`${what} after ${taken.length}`);
    return false;
  };
  await keepEnforcing(
    {
      keeper,
      inbox,
      schedule: createSchedule(),
      report: async () => void (await ask("report")()),
      refreshCertificate: async () => void (await ask("certificate")()),
      refreshCanaries: ask("canaries"),
    },
    connection.signal,
  );
  assert.deepEqual(taken, [1, 2]);
  // Nobody is asked over a connection that is gone; a report that fails is said, and comes with the next.
  assert.deepEqual(asked, ["report after 1", "report after 2"]);
});
