import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LEAVES } from "../../services/settings/leaf.js";
import { describeSource, SettingsError } from "../../services/settings/source.js";
import { loadSettings } from "../../services/settings.js";

async function withFile<T>(yaml: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-config-"));
  try {
    await writeFile(join(folder, "latchkey.yaml"), yaml);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The problems with a file, a set of variables or of flags; the folder's name is taken out. */
async function problemsOf(yaml: string, env: Record<string, string> = {}, flags: Record<string, string> = {}): Promise<string[]> {
  return await withFile(yaml, async (folder) => {
    const error = await loadSettings({ env, flags, dataFolder: folder }).then(
      () => assert.fail("the settings were accepted"),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof SettingsError, String(error));
    assert.equal(error.code, "SETTINGS_INVALID");
    return error.problems.map((problem) => problem.replaceAll(`${folder}/`, ""));
  });
}

test("flags win over variables, variables over the file, the file over the defaults, and each says where it came from", async () => {
  const yaml = "grpc:\n  listen: 127.0.0.1:1\nhttp:\n  listen: 127.0.0.1:2\nenrollment:\n  host: house.lan\n  listen: 127.0.0.1:3\n";
  await withFile(yaml, async (folder) => {
    const env = { LATCHKEY_HTTP_LISTEN: "127.0.0.1:20", LATCHKEY_ENROLLMENT_LISTEN: "127.0.0.1:30", LATCHKEY_DATA: folder };
    const { settings, sources } = await loadSettings({ env, flags: { "enrollment.listen": "127.0.0.1:300", "http.listen": undefined } });
    assert.equal(settings.grpc.listen, "127.0.0.1:1");
    assert.equal(settings.http.listen, "127.0.0.1:20");
    assert.equal(settings.enrollment.listen, "127.0.0.1:300");
    assert.equal(settings.enrollment.host, "house.lan");
    assert.equal(settings.data, folder);
    assert.equal(settings.crl.days, 30);
    const told = Object.fromEntries([...sources].map(([path, source]) => [path, describeSource(source)]));
    assert.equal(told["grpc.listen"], `${folder}/latchkey.yaml:2`);
    assert.equal(told["http.listen"], "LATCHKEY_HTTP_LISTEN");
    assert.equal(told["enrollment.listen"], "--enroll");
    assert.equal(told["enrollment.host"], `${folder}/latchkey.yaml:6`);
    assert.equal(told["crl.days"], "default");
    assert.equal(told.data, "LATCHKEY_DATA");
  });
});

test("without a file, everything is a default, and the data folder is the one that was looked into", async () => {
  const { settings, sources } = await loadSettings({ env: { HOME: "/nowhere" }, dataFolder: "/nonexistent/data" });
  assert.equal(settings.data, "/nonexistent/data");
  assert.ok([...sources.values()].every(({ kind }) => kind === "default"));
  assert.deepEqual(
    [...sources.keys()],
    LEAVES.map(({ path }) => path),
  );
});

test("an empty file, and a section whose lines are all commented out, change nothing", async () => {
  for (const yaml of ["", "# nothing\n", "enrollment:\n  # host: house.lan\n"]) {
    await withFile(yaml, async (folder) =>
      assert.equal((await loadSettings({ env: {}, dataFolder: folder })).settings.enrollment.host, undefined),
    );
  }
});

test("lists, numbers and switches are read from variables", async () => {
  const env = {
    LATCHKEY_DOMAINS: "home.example.com, example.org",
    LATCHKEY_ENROLLMENT_ENABLED: "false",
    LATCHKEY_ENROLLMENT_TRUSTED_PROXIES: "10.0.0.1",
    LATCHKEY_PROFILES_DEVICE_DAYS: "30",
    LATCHKEY_NOTICES_DAYS_BEFORE: "21, 3",
    LATCHKEY_PASSPHRASE: "no setting",
    LATCHKEY_CREDENTIAL: "no setting",
    LATCHKEY_DEBUG: "1",
  };
  const { settings } = await loadSettings({ env, dataFolder: "/nonexistent" });
  assert.deepEqual(settings.domains, ["home.example.com", "example.org"]);
  assert.equal(settings.enrollment.enabled, false);
  assert.deepEqual(settings.enrollment.trustedProxies, ["10.0.0.1"]);
  assert.equal(settings.profiles.device.days, 30);
  assert.deepEqual(settings.notices.daysBefore, [21, 3]);
});

test("a relative file name in the file is meant from the file's folder", async () => {
  await withFile("keys:\n  passphraseFile: secret/passphrase\n", async (folder) => {
    assert.equal((await loadSettings({ env: {}, dataFolder: folder })).settings.keys.passphraseFile, join(folder, "secret/passphrase"));
  });
});

const REFUSED: readonly { name: string; yaml?: string; env?: Record<string, string>; flags?: Record<string, string>; says: string[] }[] = [
  {
    name: "a key that is misspelt",
    yaml: "enrolment:\n  listen: 127.0.0.1:1\n",
    says: ["latchkey.yaml:1: `enrolment` is not known: did you mean `enrollment`?"],
  },
  {
    name: "a key that is misspelt inside a section, with its line",
    yaml: "crl:\n  days: 20\nenrollment:\n  trustedProxy: []\n",
    says: ["latchkey.yaml:4: `enrollment.trustedProxy` is not known: did you mean `enrollment.trustedProxies`?"],
  },
  {
    name: "a key that is like nothing",
    yaml: "wombat: 1\n",
    says: ["latchkey.yaml:1: `wombat` is not known: `latchkey config` lists the settings."],
  },
  {
    name: "a key of JavaScript's own",
    yaml: "__proto__: {}\n",
    says: ["latchkey.yaml:1: `__proto__` is not known: `latchkey config` lists the settings."],
  },
  {
    name: "a variable that is misspelt",
    env: { LATCHKEY_ENROLMENT_LISTEN: "x" },
    says: ["The variable LATCHKEY_ENROLMENT_LISTEN is not known: did you mean LATCHKEY_ENROLLMENT_LISTEN?"],
  },
  {
    name: "an address without a port",
    flags: { "grpc.listen": "localhost" },
    says: ["--grpc: `grpc.listen` must be HOST:PORT, e.g. 127.0.0.1:8444 or [::1]:8444; port 0 lets the system choose."],
  },
  {
    name: "a network that is none",
    flags: { "enrollment.lan": "10.0.0.0/33" },
    says: ["--lan: `enrollment.lan` must be networks in CIDR notation, e.g. 192.168.1.0/24 or fd00::/8."],
  },
  { name: "a word for a number", env: { LATCHKEY_CRL_DAYS: "thirty" }, says: ["LATCHKEY_CRL_DAYS: `crl.days` must be a whole number."] },
  {
    name: "a number out of its range",
    yaml: "profiles:\n  server:\n    days: 900\n",
    says: ["latchkey.yaml:3: `profiles.server.days` must be at most 825."],
  },
  {
    name: "text for a list",
    yaml: "domains: home.example.com\n",
    says: ["latchkey.yaml:1: `domains` must be a list, as `[60, 30]` is one."],
  },
  { name: "a list for a section", yaml: "grpc: [1]\n", says: ["latchkey.yaml:1: `grpc` must hold names with values (name: value)."] },
  {
    name: "one of a choice that is not there",
    yaml: "keys: { type: P-521 }\n",
    says: ["latchkey.yaml:1: `keys.type` can be P-256, P-384, RSA-2048, RSA-3072, RSA-4096."],
  },
  {
    name: "a key without a value",
    yaml: "domains:\n",
    says: ["latchkey.yaml:1: `domains` has no value: write one, or take the line out."],
  },
  {
    name: "half of what belongs together",
    yaml: "enrollment:\n  tls:\n    certificate: /a.pem\n",
    says: ["latchkey.yaml:3: `enrollment.tls.key` is missing: it belongs to `enrollment.tls.certificate`."],
  },
  {
    name: "a webhook without a secret, a user without a password, and a password without TLS",
    yaml: "notices:\n  webhook:\n    url: https://example.org/x\n  email:\n    host: mail.lan\n    from: a@example.org\n    to: [b@example.org]\n    user: a\n    security: none\n",
    says: [
      "latchkey.yaml:3: `notices.webhook.secretFile` is missing: it belongs to `notices.webhook.url`.",
      "latchkey.yaml:8: `notices.email.user` belongs to `notices.email.passwordFile`: give both, or neither.",
      "latchkey.yaml:9: `notices.email.security` can't be none where there is a password: it would cross the network for all to read.",
    ],
  },
  {
    name: "a webhook's address that is none, without telling it",
    env: { LATCHKEY_NOTICES_WEBHOOK_URL: "ftp://anna:secret@example.org/secret", LATCHKEY_NOTICES_WEBHOOK_SECRET_FILE: "x" },
    says: [
      "LATCHKEY_NOTICES_WEBHOOK_URL: `notices.webhook.url` must be a URL that begins with https:// or http://, without a user's name in it.",
    ],
  },
  {
    name: "a recipient that would be two, and one that would be a header",
    yaml: "notices: { email: { host: mail.lan, from: a@example.org, to: ['a@example.org, b@example.org', \"a@example.org\\nBcc: c\"] } }\n",
    says: [
      "latchkey.yaml:1: `notices.email.to` must be an address like anna@home.example.com, and nothing besides.",
      "latchkey.yaml:1: `notices.email.to` must be an address like anna@home.example.com, and nothing besides.",
    ],
  },
  {
    name: "days that are none",
    env: { LATCHKEY_NOTICES_DAYS_BEFORE: "30, soon, 0" },
    says: [
      "LATCHKEY_NOTICES_DAYS_BEFORE: `notices.daysBefore` must be a whole number.",
      "LATCHKEY_NOTICES_DAYS_BEFORE: `notices.daysBefore` must be at least 1.",
    ],
  },
  {
    name: "the data folder in the file that lies in it",
    yaml: "data: /x\n",
    says: ["latchkey.yaml:1: `data` can't be set in a file that lies in the data folder: use --data or LATCHKEY_DATA."],
  },
  {
    name: "several at once",
    yaml: "a1: 1\nb2: 2\n",
    says: [
      "latchkey.yaml:1: `a1` is not known: `latchkey config` lists the settings.",
      "latchkey.yaml:2: `b2` is not known: `latchkey config` lists the settings.",
    ],
  },
];

for (const { name, yaml = "", env = {}, flags = {}, says } of REFUSED) {
  test(`refused, with its place: ${name}`, async () => assert.deepEqual(await problemsOf(yaml, env, flags), says));
}

test("a key that stands twice, and YAML that is none, are refused with their line", async () => {
  assert.match((await problemsOf("crl:\n  days: 3\ncrl:\n  days: 4\n"))[0] ?? "", /^latchkey\.yaml:3: /);
  assert.match((await problemsOf("crl: [\n"))[0] ?? "", /^latchkey\.yaml:\d: /);
});

test("delta CRLs without a publication URL are refused, with the reason", async () => {
  await assert.rejects(
    loadSettings({ env: { HOME: "/nowhere", LATCHKEY_CRL_DELTA: "true" }, dataFolder: "/nonexistent/data" }),
    (error: Error) => /LATCHKEY_CRL_DELTA.*`crl\.delta` wants `http\.url`/.test(error.message),
  );
});
