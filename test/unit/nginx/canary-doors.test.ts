import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findDoors } from "../../../clients/nginx/canary/doors.js";
import { RULE } from "../../../clients/nginx/canary/rule.js";
import { renderConfiguration } from "../../../clients/nginx/configuration.js";
import type { Crl } from "../../../clients/nginx/crl.js";
import { revocationFiles } from "../../../clients/nginx/revocation-files.js";
import { SerialNumbers } from "../../../clients/nginx/serial-numbers.js";
import { auditKeeping } from "../../../clients/nginx/settings/audit.js";

const dir = mkdtempSync(join(tmpdir(), "latchkey-doors-"));
after(() => rmSync(dir, { recursive: true }));

const VERIFY = `ssl_client_certificate ${dir}/devices-ca.pem; ssl_crl ${dir}/devices-crl.pem; ssl_verify_client on;`;
const CHECK = "location = /latchkey-check { return 200; }";
const [SET, EXCEPT, REFUSE] = RULE;
const WHOLE = RULE.join(" ");

const find = (http: string, main = "") => findDoors(`# configuration file /etc/nginx/nginx.conf:\n${main} http { ${http} }`, dir);
const server = (inside: string, listen = "listen 443 ssl;") => `server { ${listen} server_name home.example.com; ${VERIFY} ${inside} }`;

const RULES: readonly [title: string, inside: string, isOpen: boolean][] = [
  ["the rule, whole", WHOLE, false],
  ["the rule, after what sets another variable", `set $x 1; ${WHOLE}`, false],
  ["no rule", "", true],
  ["a part of it", `${SET} ${REFUSE}`, true],
  ["its parts in another order", `${EXCEPT} ${SET} ${REFUSE}`, true],
  ["something between its parts", `${SET} ${EXCEPT} set $latchkey_canary ""; ${REFUSE}`, true],
  ["another place excepted", WHOLE.replace('"/latchkey-check"', '"/"'), true],
  ["a pattern in place of a name", WHOLE.replace("($uri =", "($uri ~"), true],
  ["a refusal that an error page leads on from", WHOLE.replace(/return 403 "[^"]*"/, "return 403"), true],
  ["a rewrite before it", `rewrite ^/a /b last; ${WHOLE}`, true],
  ["a condition before it", `if ($host = x) { break; } ${WHOLE}`, true],
  ["a break before it", `break; ${WHOLE}`, true],
  ["the rule in a location alone", `location / { ${WHOLE} }`, true],
  ["a server that answers nobody", "return 444;", false],
  ["a server that redirects", "return 301 https://elsewhere;", true],
];

for (const [title, inside, isOpen] of RULES) {
  test(`canaries and ${title}: ${isOpen ? "they would be let in" : "they are refused"}`, async () => {
    assert.equal((await find(server(`${inside} ${CHECK}`))).open.length, isOpen ? 1 : 0);
  });
}

for (const [title, location] of [
  ["no location for it", ""],
  ["one that leads on to a backend", "location = /latchkey-check { proxy_pass http://127.0.0.1:8123; }"],
  ["one of a prefix", "location /latchkey-check { return 200; }"],
]) {
  test(`canaries and the rule with ${title}: they would be let in, since a backend gets paths as the client wrote them`, async () => {
    assert.equal((await find(server(`${WHOLE} ${location}`))).open.length, 1);
  });
}

for (const atExpiry of ["fail-closed", "keep-last-good"] as const) {
  test(`what \`config --at-expiry ${atExpiry}\` prints refuses canaries, and is as the hook wants it`, async () => {
    const door = { serverNames: ["home.example"], backend: "http://127.0.0.1:8123" };
    const { main, http } = renderConfiguration({
      version: "nginx/1.26.3",
      dir,
      doors: [door],
      listen: ["443"],
      statusPort: 8481,
      atExpiry,
    });
    for (const kept of atExpiry === "keep-last-good" ? [false, true] : [undefined]) {
      const set = { crl: { number: 7n, serialNumbers: new SerialNumbers(new Uint8Array(), 0) } as Crl, adopted: [] };
      const contents = revocationFiles(dir, set, kept);
      // As nginx prints them: in the order of their includes.
      const files = (["latchkey-refused.conf", "latchkey-crl.conf", "latchkey-status.conf"] as const)
        .filter((name) => http.includes(name))
        .map((name) => `# configuration file ${dir}/${name}:\n${contents[name]}`);
      const text = [`# configuration file /etc/nginx/nginx.conf:\n${main}\nevents { }\nhttp {\n${http}\n}\n`, ...files].join("\n");
      if (kept !== undefined) assert.deepEqual(await auditKeeping(text, dir), []);
      assert.deepEqual((await findDoors(text, dir)).open, []);
    }
  });
}

test("a stream server with the devices CA is open to canaries", async () => {
  const { open } = await find(server(`${WHOLE} ${CHECK}`), `stream { server { listen 8883 ssl; ${VERIFY} proxy_pass 127.0.0.1:1883; } }`);
  assert.equal(open.length, 1);
});

const ADDRESSES: readonly [listen: string, addresses: readonly [to: object, proxyProtocol: boolean][]][] = [
  [
    "listen 443 ssl; listen [::]:443 ssl;",
    [
      [{ host: "127.0.0.1", port: 443 }, false],
      [{ host: "::1", port: 443 }, false],
    ],
  ],
  ["listen 192.168.1.2:8443 ssl;", [[{ host: "192.168.1.2", port: 8443 }, false]]],
  ["listen 127.0.0.1:443 ssl proxy_protocol;", [[{ host: "127.0.0.1", port: 443 }, true]]],
  ["listen unix:/run/door ssl;", [[{ path: "/run/door" }, false]]],
  ["listen 443 quic; listen 8000-8010 ssl;", []],
];

for (const [listen, expected] of ADDRESSES) {
  test(`${listen} is tried at ${expected.length} addresses`, async () => {
    const { addresses, untried } = await find(server(`${WHOLE} ${CHECK}`, listen));
    assert.deepEqual(
      addresses.map(({ to, proxyProtocol }) => [to, proxyProtocol]),
      expected,
    );
    assert.equal(untried.length, expected.length === 0 ? 1 : 0);
  });
}

test("another server that is nearer on loopback is not taken for the door", async () => {
  const { addresses } = await find(`${server(`${WHOLE} ${CHECK}`)} server { listen 127.0.0.1:443; server_name x; }`);
  assert.deepEqual(addresses, []);
});

test("the door is asked for by a name that leads to it", async () => {
  for (const [names, name] of [
    ["_ home.example.com", "home.example.com"],
    ["*.example.com", "latchkey-canary.example.com"],
    [".example.com", "latchkey-canary.example.com"],
    ["~^a 192.168.1.2 b.example", "b.example"],
  ]) {
    const { addresses } = await find(`server { listen 443 ssl; server_name ${names}; ${VERIFY} ${WHOLE} ${CHECK} }`);
    assert.equal(addresses[0]?.name, name);
  }
  const nameless = (flag: string) => find(`server { listen 443 ssl ${flag}; ${VERIFY} ${WHOLE} ${CHECK} }`);
  assert.deepEqual(
    (await nameless("default_server")).addresses.map(({ name }) => name),
    [undefined],
  );
  assert.equal((await nameless("")).untried.length, 1);
});

test("what `latchkey-nginx config` prints refuses canaries, whatever the version of nginx", async () => {
  for (const version of ["nginx/1.18.0", "nginx/1.22.1", "nginx/1.31.5"]) {
    const { http } = renderConfiguration({
      version,
      dir,
      doors: [{ serverNames: ["home.example.com"], backend: "http://127.0.0.1:8123" }],
      listen: ["443"],
      statusPort: 8481,
    });
    const { open, addresses } = await find(http.replaceAll(/^ *include .*;$/gm, ""));
    assert.deepEqual([open, addresses.length], [[], 1], version);
  }
});
