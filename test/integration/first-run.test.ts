import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ensureLocalAdmin } from "../../services/ca/workflows/local-admin.js";
import { createTestContext } from "../support/context.js";
import { startServe, type TestServe } from "../support/serve.js";
import { runLine } from "../support/transcript.js";

const RECOVERY = /\b[0-9A-Z]{4}(-[0-9A-Z]{4}){6}\b/;
const PASSPHRASE = /\b[a-z2-9]{4}(-[a-z2-9]{4}){3}\b/;

/** A new user's home folder. What is started in it ends with the test. */
async function home(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-first-run-"));
  let running: TestServe | undefined;
  t.after(async () => {
    await running?.end("SIGTERM");
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    folder,
    /** `latchkey serve` that is not expected to stay. */
    serve: (...flags: string[]) =>
      runLine(
        `latchkey serve --grpc 127.0.0.1:0 --http 127.0.0.1:0 --enroll 127.0.0.1:0 --enroll-host localhost --lan 127.0.0.0/8 ${flags.join(" ")}`,
        folder,
        { XDG_CONFIG_HOME: join(folder, "config") },
      ),
    async start(...flags: string[]): Promise<TestServe> {
      await running?.end("SIGTERM");
      running = await startServe(flags, { folder });
      return running;
    },
  };
}

/** A port of 127.0.0.1 that another program has. */
async function takenPort(t: TestContext): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return (server.address() as { port: number }).port;
}

for (const flag of ["--grpc", "--http", "--enroll"]) {
  test(`a first run whose port is taken (${flag}) says so in one sentence, and the next start is as the first would have been`, async (t) => {
    const { serve, start } = await home(t);
    const port = await takenPort(t);
    const failed = await serve(flag, `127.0.0.1:${port}`);
    assert.equal(failed.exitCode, 1);
    const words = failed.printed.split("\n").filter((line) => !line.startsWith('{"time"'));
    assert.deepEqual(words, [
      `latchkey: Can't listen on 127.0.0.1:${port}: another program listens there. Stop that one, or choose another address with ${flag} HOST:PORT.`,
    ]);

    const repaired = await start("--print-invitation");
    await repaired.told(PASSPHRASE);
    assert.match(repaired.output(), RECOVERY);
    assert.equal((await repaired.latchkey("list")).code, 0);
    const admins = JSON.parse((await repaired.latchkey("operator", "list", "--json")).stdout).certificates;
    assert.deepEqual(admins.map(({ deviceName }: { deviceName: string }) => deviceName).toSorted(), ["admin", "enrollment", "server"]);

    const later = await start("--print-invitation");
    await later.end("SIGTERM");
    assert.doesNotMatch(later.output(), RECOVERY);
    assert.doesNotMatch(later.output(), PASSPHRASE);
  });
}

test("a first run that is killed between the credential and the note that it was made leaves one administrator, not two", async (t) => {
  let isKilled = true;
  const { context, remove } = await createTestContext((store) => ({
    ...store,
    putDocument: async (name, content, audit) => {
      if (isKilled) throw new Error("killed");
      await store.putDocument(name, content, audit);
    },
  }));
  t.after(remove);
  const folder = join(context.settings.data, "operator");
  const admin = { name: "admin", role: "admin", serverNames: [] } as const;
  const ensure = () => ensureLocalAdmin(context, folder, admin, "127.0.0.1:8444");
  await assert.rejects(ensure, /killed/);
  isKilled = false;
  await ensure();
  const query = { authority: "operators", operatorRole: "admin", at: context.clock.now() } as const;
  assert.equal((await context.store.listCertificates(query, { size: 10, token: "" })).items.length, 1);
  // From now on it is made, and what is taken away stays away.
  await rm(folder, { recursive: true });
  await ensure();
  assert.ok(!existsSync(folder));
});

test("an administrator that was revoked does not come back by a restart; `operator add --local` brings one", async (t) => {
  const { start } = await home(t);
  const first = await start();
  await first.latchkey("revoke", "admin", "--yes");
  const second = await start("--print-invitation");
  await second.told(/No invitation was made: The operator certificate of "admin" is revoked/);
  const refused = await second.latchkey("list");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /The operator certificate of "admin" is revoked/);
  await second.end("SIGTERM");
  const folder = join(second.data, "operator");
  await rm(folder, { recursive: true });
  assert.equal((await second.latchkey("operator", "add", "boss", "--role", "admin", "--local", "--out", folder)).code, 0);
  const third = await start();
  assert.equal((await third.latchkey("list")).code, 0);
});

test("an administrator's credential that was taken away stays away, and the commands say what brings one back", async (t) => {
  const { start } = await home(t);
  const first = await start();
  await rm(join(first.data, "operator"), { recursive: true });
  const second = await start();
  assert.deepEqual(
    (await readdir(second.data)).filter((name) => name === "operator"),
    [],
  );
  const refused = await second.latchkey("list");
  assert.equal(refused.code, 3);
  assert.match(
    refused.stderr,
    /There is no operator credential in .*data\/operator\. The CA runs, but .* was taken away.*operator add NAME --role admin --local/s,
  );
});

test("a domain that can't be one ends the first run with nothing made", async (t) => {
  const { serve, folder } = await home(t);
  const failed = await serve("--domain", "'foo bar'");
  assert.equal(failed.exitCode, 1);
  assert.match(failed.printed, /^latchkey: "foo bar" can't be a domain of the site: it is not a DNS name\./);
  assert.deepEqual(await readdir(folder), []);
});

test("a domain that the settings name and the CA does not permit yet is told at the start and in the status, until it is added", async (t) => {
  const { start, folder } = await home(t);
  await start("--domain", "home.example.com");
  const second = await start("--domain", "www.home.example.com,home2.example.org,co.uk");
  await second.told(/home2\.example\.org is not permitted yet.*`latchkey domain add home2\.example\.org`/);
  const warnings = async () => {
    const status = JSON.parse((await second.latchkey("status", "--json")).stdout) as { warnings: { code: string; message: string }[] };
    return status.warnings.filter(({ code }) => code === "DOMAIN_NOT_PERMITTED").map(({ message }) => message.split(" ")[0]);
  };
  assert.deepEqual(await warnings(), ["home2.example.org", '"co.uk"']);
  const add = "latchkey domain add home2.example.org < config/latchkey/*.recovery";
  assert.match((await runLine(add, folder, { XDG_CONFIG_HOME: join(folder, "config") })).printed, /is permitted/);
  assert.deepEqual(await warnings(), ['"co.uk"']);
});

/** A container by its sign: the engine's file, or, where a read-only root hides that, the variable. */
const CONTAINERS = {
  file: { under: ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /run && touch /run/.containerenv && exec "$@"', "sh"] },
  variable: { environment: { container: "podman" } },
};

for (const [sign, options] of Object.entries(CONTAINERS)) {
  test(`a container's first run (${sign}) makes no invitation while its LAN is not known: the start that names it shows the first`, async (t) => {
    const serve = await startServe(["--print-invitation"], { ...options, isLanAutomatic: true });
    t.after(async () => {
      await serve.end("SIGTERM");
      await serve.remove();
    });
    await serve.told(/no phone can enrol yet/);
    await serve.told(RECOVERY);
    await serve.end("SIGTERM");
    assert.doesNotMatch(serve.output(), PASSPHRASE);

    await serve.start({}, ["--lan", "127.0.0.0/8"]);
    await serve.told(PASSPHRASE);
  });
}
