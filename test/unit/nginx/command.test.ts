import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { nginxOfTest, runCommand } from "../../../clients/nginx/command.js";
import { until } from "../../support/nginx.js";

const TOLD = [
  { test: "nginx -t", nginx: "nginx" },
  { test: "  nginx  -t -q ", nginx: "nginx" },
  { test: "nginx -tq", nginx: "nginx" },
  { test: "/usr/sbin/nginx -p /srv/nginx -c /etc/nginx/nginx.conf -t", nginx: "/usr/sbin/nginx -p /srv/nginx -c /etc/nginx/nginx.conf" },
  { test: "sudo -n nginx -t -c /etc/nginx/nginx.conf", nginx: "sudo -n nginx -c /etc/nginx/nginx.conf" },
  { test: "podman exec front-door nginx -t", nginx: "podman exec front-door nginx" },
];

for (const { test: line, nginx } of TOLD) {
  test(`nginx itself is told from --test "${line}"`, () => assert.equal(nginxOfTest(line), nginx));
}

const NOT_TOLD = [
  { name: "no -t in it", test: "nginx" },
  { name: "a script", test: "/usr/local/bin/check-nginx" },
  // Without its -t, the first of the two would start an nginx.
  { name: "two commands", test: "nginx -t && true" },
  { name: "one after the other", test: "nginx -t; true" },
  { name: "one in the background", test: "nginx -t & true" },
  { name: "a pipe", test: "nginx -t | cat" },
  { name: "a redirection", test: "nginx -t 2>/dev/null" },
  { name: "a substitution", test: "$(which nginx) -t" },
  { name: "backquotes", test: "`which nginx` -t" },
  { name: "a variable", test: "$NGINX -t" },
  { name: "quotes", test: "sh -c 'nginx -t'" },
  { name: "a pattern", test: "/usr/*/nginx -t" },
];

for (const { name, test: line } of NOT_TOLD) {
  test(`nginx itself is not guessed from --test with ${name}`, () => assert.equal(nginxOfTest(line), undefined));
}

test("a command that hangs is ended with all that it has started, and said", { timeout: 60_000 }, async () => {
  const { succeeded, stdout, stderr } = await runCommand("sh -c 'sleep 600 & echo $!; wait' && true", {}, 1_000);
  assert.deepEqual([succeeded, stderr], [false, "it did not end within 1 s"]);
  const pid = Number(stdout);
  assert.ok(pid > 0, stdout);
  await until(() => !runs(pid), "what it had started goes on");
});

/** One that nobody has waited for yet has ended, too. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
