import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { isInHome } from "../../../clients/service/hardening.js";
import { isOurs, path, SERVICES, textOf, type Unit } from "../../../clients/service/unit.js";
import { caUnit, enrollmentUnit, hookUnit } from "../../../clients/service/units.js";

const NODE = process.execPath;
const program = (folder: string) => ({ node: NODE, script: join(folder, "latchkey.js"), folders: [folder, NODE] });
const HOOK = {
  credential: "/etc/latchkey",
  dir: "/etc/nginx/latchkey",
  commands: { test: "nginx -t", reload: "nginx -s reload", statusUrl: "http://127.0.0.1:8481/latchkey-status", nginx: "nginx" },
  serverNames: ["home.example.com"],
  seen: { host: "::1", port: 8482 },
  atExpiry: "keep-last-good" as const,
};
const UNITS: Readonly<Record<string, Unit>> = {
  ca: caUnit({
    program: program("/home/anna/latchkey"),
    user: { name: "daemon", home: "/usr/sbin" },
    data: "/home/anna/latchkey/data",
    flags: ["--lan", "192.168.1.0/24"],
    readable: ["/home/anna/.config/latchkey"],
    passphrase: "/etc/latchkey/passphrase.cred",
  }),
  enrollment: enrollmentUnit({
    program: program("/usr/lib/node_modules/latchkey"),
    user: { name: "daemon", home: "/usr/sbin" },
    credential: "/var/lib/page",
    flags: [],
    readable: [],
  }),
  nginx: hookUnit({ program: program("/usr/lib/node_modules/latchkey"), options: HOOK }),
};
/** Of 10, as `systemd-analyze security` counts. */
const DOCUMENTED = new Map(
  [
    ...readFileSync(new URL("../../../../docs/service.md", import.meta.url), "utf8").matchAll(
      /^\| ((?:`[\w-]+`(?:, )?)+) +\| ([\d.]+) +\|/gm,
    ),
  ].flatMap(([, names = "", figure]) => names.split(", ").map((name) => [name.replaceAll("`", ""), Number(figure)] as const)),
);

function inFile<T>(name: string, text: string, work: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "latchkey-unit-"));
  try {
    const file = join(folder, `${name}.service`);
    writeFileSync(file, text);
    return work(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [id, unit] of Object.entries(UNITS)) {
  test(`${id}: systemd finds nothing wrong with the unit, and no more exposed than is documented`, () => {
    const name = SERVICES[id as keyof typeof SERVICES];
    inFile(name, textOf(unit), (file) => {
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", file], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      assert.ok(!stderr.includes(name), stderr);
      const text = execFileSync("systemd-analyze", ["security", "--offline=true", "--no-pager", file], { encoding: "utf8" });
      const exposure = Number(/Overall exposure level for \S+ ([\d.]+)/.exec(text)?.[1] ?? /exposure level.*?([\d.]+) /.exec(text)?.[1]);
      assert.ok(exposure <= (DOCUMENTED.get(name) ?? 0), text);
    });
  });
}

test("a unit is known as ours, and one of somebody else's is not", () => {
  for (const unit of Object.values(UNITS)) assert.ok(isOurs(textOf(unit)));
  assert.ok(!isOurs("[Unit]\nDescription=Latchkey CA\n"));
  assert.ok(!isOurs(`# mine\n${textOf(UNITS.ca as Unit)}`));
});

test("a word with a line end in it begins no other setting", () => {
  const command = ["/bin/true", "a\nRestart=always", "%h", "b\\"];
  inFile("words", textOf({ description: "words", after: [], command, settings: [["Type", "oneshot"]] }), (file) => {
    const { stderr, status } = spawnSync("systemd-analyze", ["verify", "--man=no", file], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.ok(!/^Restart=/m.test(readFileSync(file, "utf8")));
  });
});

test("paths in lists are quoted, and a colon does not end one", () => {
  assert.equal(path("/home/anna/my house"), '"/home/anna/my house"');
  assert.equal(path("/srv/100%"), "/srv/100%%");
  assert.equal(path("/srv/a:b", true), '"/srv/a\\:b"');
  assert.equal(path("/srv/a:b"), "/srv/a:b");
});

test("what lies in a home is bound into the empty ones, once", () => {
  const text = textOf(UNITS.ca as Unit);
  assert.match(text, /^ProtectHome=tmpfs$/m);
  assert.match(text, /^BindPaths=\/home\/anna\/latchkey\/data$/m);
  assert.deepEqual(text.match(/^BindReadOnlyPaths=.*$/gm), [
    "BindReadOnlyPaths=/home/anna/latchkey",
    "BindReadOnlyPaths=/home/anna/.config/latchkey",
  ]);
  assert.ok(!/^ReadWritePaths=/m.test(text));
  assert.match(textOf(UNITS.enrollment as Unit), /^ReadWritePaths=\/var\/lib\/page$/m);
  assert.deepEqual(["/home", "/home/x", "/root", "/run/user/1000/x", "/homestead", "/rootless", "/run/users"].map(isInHome), [
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a folder that is written to stays so, whatever file in it the settings name", () => {
  const data = "/home/anna/latchkey/data";
  const readable = [data, `${data}/tls`, "/home/anna/latchkey/database"];
  const text = textOf(
    caUnit({
      program: program("/opt/latchkey"),
      user: { name: "daemon", home: "/usr/sbin" },
      data,
      flags: [],
      readable,
      passphrase: undefined,
    }),
  );
  assert.deepEqual(text.match(/^Bind.*$/gm), [`BindPaths=${data}`, "BindReadOnlyPaths=/home/anna/latchkey/database"]);
});

test("a passphrase comes as systemd's credential, encrypted where its name says so", () => {
  assert.match(textOf(UNITS.ca as Unit), /^LoadCredentialEncrypted=latchkey-passphrase:\/etc\/latchkey\/passphrase\.cred$/m);
});

test("systemd unquotes nothing in the file of a credential: it stands there as it is, and can begin no other setting", () => {
  const facts = {
    program: program("/opt/latchkey"),
    user: { name: "daemon", home: "/usr/sbin" },
    data: "/srv/ca",
    flags: [],
    readable: [],
  };
  const text = textOf(caUnit({ ...facts, passphrase: '/srv/my "secrets"/100% of it' }));
  assert.match(text, /^LoadCredential=latchkey-passphrase:\/srv\/my "secrets"\/100%% of it$/m);
  inFile("latchkey-spaces", text, (file) => {
    const { stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", file], { encoding: "utf8" });
    assert.doesNotMatch(stderr, /[Cc]redential/);
  });
  assert.throws(() => caUnit({ ...facts, passphrase: "/srv/a\nExecStartPre=/bin/false" }), RangeError);
});

test("the hook's unit says all that `latchkey-nginx run` was told", () => {
  assert.ok(
    textOf(UNITS.nginx as Unit).includes(
      ' run --credential /etc/latchkey --dir /etc/nginx/latchkey --test "nginx -t" --reload "nginx -s reload" --status-url http://127.0.0.1:8481/latchkey-status --server-name home.example.com --nginx nginx --seen "[::1]:8482"',
    ),
    textOf(UNITS.nginx as Unit),
  );
});

test("the page's logrotate settings are what logrotate takes", () => {
  const page = readFileSync(new URL("../../../../docs/service.md", import.meta.url), "utf8");
  const [, settings = ""] = /^```\n# \/etc\/logrotate\.d\/latchkey\n([\s\S]*?)^```$/m.exec(page) ?? [];
  inFile("logrotate", settings, (file) => {
    const { status, stderr } = spawnSync("logrotate", ["--debug", "--state", `${file}.state`, file], {
      encoding: "utf8",
      env: { PATH: `${process.env.PATH}:/usr/sbin` },
    });
    assert.equal(status, 0, stderr);
    assert.ok(stderr.includes("rotating pattern: /var/log/latchkey.log  weekly") && !/error/i.test(stderr), stderr);
  });
});
