import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse } from "yaml";
import { openScreen, type TestScreen } from "../support/screen.js";
import { LATCHKEY } from "../support/transcript.js";

/** `latchkey site init` at a terminal, in an empty folder. */
async function begin(t: TestContext, ...flags: string[]): Promise<{ folder: string; terminal: TestScreen }> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-site-init-"));
  const terminal = await openScreen([process.execPath, LATCHKEY, "site", "init", ...flags], folder, { HOME: folder });
  t.after(async () => {
    terminal.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return { folder, terminal };
}

async function answer(terminal: TestScreen, question: RegExp, text: string): Promise<void> {
  await terminal.waitFor(question);
  if (text !== "") await terminal.type(text);
  await terminal.press("Enter");
}

test("asks for what no flag says, again after a typo, and only for what the answers before leave open", async (t) => {
  const { folder, terminal } = await begin(t, "--backend", "http://127.0.0.1:3000");
  await answer(terminal, /^The name that the house is reached by/m, "my house");
  await answer(terminal, /"my house" can't be used: it must be a name in the DNS/, "home.example.com");
  await answer(terminal, /^The IPv4 address of nginx's host in the LAN/m, "192.168.1.2");
  await answer(terminal, /^What answers the house's DNS .*\[hosts\]/m, "");
  await answer(terminal, /^The router .*\[other\]/m, "nftables");
  await answer(terminal, /^The router's interface to the internet/m, "eth0");
  await answer(terminal, /^Who tells the DNS where the house is .*\[none\]/ms, "ddclient");
  await answer(terminal, /^ddclient's protocol \(dyndns2, noip, cloudflare, hetzner, namecheap\): /m, "dyndns2");
  await answer(terminal, /^The provider's server/m, "members.example.net");
  await answer(terminal, /^The login at the provider/m, "anna");
  await answer(terminal, /^The file that holds .*\[dynamic-dns\.secret\]/ms, "");
  assert.equal(await terminal.ended(), 0);
  assert.deepEqual(parse(await readFile(join(folder, "site.yaml"), "utf8")), {
    sites: [{ domain: "home.example.com", backend: "http://127.0.0.1:3000" }],
    lan: { ipv4: "192.168.1.2" },
    dns: { kind: "hosts" },
    router: { kind: "nftables", wan: "eth0" },
    dynamicDns: {
      kind: "ddclient",
      protocol: "dyndns2",
      server: "members.example.net",
      login: "anna",
      passwordFile: "dynamic-dns.secret",
    },
  });
});

test("an answer that does not go with one before is asked for again, and the others stay", async (t) => {
  const { folder, terminal } = await begin(t, "--domain", "home.example.com", "--lan", "192.168.1.2", "--dns", "hosts", "--router", "none");
  await answer(terminal, /^What nginx guards/m, "");
  await answer(terminal, /^Who tells the DNS where the house is/m, "duckdns");
  await answer(terminal, /"duckdns" can't be used: --domain is not below duckdns\.org/, "none");
  assert.equal(await terminal.ended(), 0);
  assert.equal((parse(await readFile(join(folder, "site.yaml"), "utf8")) as { dynamicDns: { kind: string } }).dynamicDns.kind, "none");
});

test("three answers that can't be used, and Ctrl-C, end it with nothing written", async (t) => {
  const { folder, terminal } = await begin(t);
  for (const typo of ["a b", "com", "-"]) {
    await answer(terminal, /^The name that the house is reached by/m, typo);
    await terminal.waitFor(new RegExp(`"${typo}" can't be used`));
  }
  assert.equal(await terminal.ended(), 2);
  assert.equal(existsSync(join(folder, "site.yaml")), false);
  const second = await begin(t, "--domain", "home.example.com");
  await second.terminal.waitFor(/^What nginx guards/m);
  await second.terminal.press("C-c");
  assert.equal(await second.terminal.ended(), 130);
  assert.equal(existsSync(join(second.folder, "site.yaml")), false);
});
