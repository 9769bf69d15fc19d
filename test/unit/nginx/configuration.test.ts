import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { renderConfiguration } from "../../../clients/nginx/configuration.js";

const HOOK = fileURLToPath(new URL("../../../clients/nginx/latchkey-nginx.js", import.meta.url));
const OPTIONS = {
  version: "nginx/1.26.3",
  dir: "/etc/nginx/latchkey",
  doors: [{ serverNames: ["home.example.com"], backend: "http://127.0.0.1:8123" }],
  listen: ["443", "[::]:443"],
  statusPort: 8481,
};
const before = (backend: string) => ({ ...OPTIONS, doors: [{ serverNames: ["home.example.com"], backend }] });

/** What the command prints. */
function config(...flags: string[]): { code: number; output: string } {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  try {
    return { code: 0, output: execFileSync(process.execPath, [HOOK, "config", ...flags], { encoding: "utf8", stdio: "pipe", env }) };
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    return { code: status, output: stderr };
  }
}
const listens = (output: string) => [...output.matchAll(/^ {2}listen (\S+).*;$/gm)].map(([, value]) => value);

test("a backend on Home Assistant's port gets the lines that Home Assistant needs", () => {
  const { backend } = renderConfiguration(OPTIONS);
  assert.match(backend, /^# {3}http:\n# {5}use_x_forwarded_for: true\n# {5}trusted_proxies:\n# {7}- 127\.0\.0\.1\n# {7}- ::1$/m);
  const elsewhere = renderConfiguration(before("http://192.168.1.7:8123/")).backend;
  assert.match(elsewhere, /trusted_proxies:\n# {7}- ADDRESS/);
  assert.equal(renderConfiguration(before("http://127.0.0.1:3000")).backend, "");
  for (const line of backend.split("\n")) assert.match(line, /^(#|$)/, "nginx must not read it");
});

test("by default it listens on every address, for a name that the README uses", () => {
  const { code, output } = config();
  assert.equal(code, 0, output);
  assert.deepEqual(listens(output), ["443", "[::]:443", "443", "[::]:443", "127.0.0.1:8481"]);
  assert.match(output, /server_name home\.example\.com;/);
});

for (const listen of ["192.168.1.2:8443", "[fd00::1]:443"]) {
  test(`--listen ${listen} is that address alone`, () => {
    assert.deepEqual(listens(config("--listen", listen).output), [listen, listen, "127.0.0.1:8481"]);
  });
}

for (const listen of ["0", "65536", "443; include x", "host:", "::1:443", "a b:443", "[::1]"]) {
  test(`--listen "${listen}" is refused`, () => {
    const { code, output } = config("--listen", listen);
    assert.equal(code, 2, output);
  });
}

test("an nginx that is not there is called so", () => {
  const { code, output } = config("--nginx", "no-such-nginx");
  assert.deepEqual(
    [code, output],
    [1, "latchkey-nginx: `no-such-nginx -v` names no version: is nginx installed? --nginx says where it is.\n"],
  );
});

test("the exit codes stand in the help", () => {
  const help = execFileSync(process.execPath, [HOOK, "--help"], { encoding: "utf8" });
  for (const code of [0, 1, 2, 3, 4]) assert.match(help, new RegExp(`^ {2}${code}  \\S`, "m"));
});
