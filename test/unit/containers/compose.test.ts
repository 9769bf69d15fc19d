import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

/** What docker-compose.yml promises, read off the file; `npm run test:containers` holds the containers themselves against it. */
interface Service {
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly privileged?: boolean;
  readonly network_mode?: string;
  readonly security_opt?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
}
const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");
const { services, networks } = parse(read("docker-compose.yml"), { merge: true }) as {
  services: Readonly<Record<string, Service>>;
  networks: Readonly<Record<string, { internal?: boolean }>>;
};

/** The services of which this holds. */
const having = (holds: (service: Service) => boolean) =>
  Object.keys(services)
    .filter((name) => holds(services[name] ?? {}))
    .toSorted();
const volume = (name: string) => having(({ volumes = [] }) => volumes.some((one) => one.startsWith(`${name}:`)));

test("no container is root, can become more than it is, or can write to its root", () => {
  for (const [name, service] of Object.entries(services)) {
    assert.match(service.user ?? "", /^[1-9]\d*:[1-9]\d*$/, name);
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ["ALL"], name);
    assert.deepEqual(service.security_opt, ["no-new-privileges"], name);
    assert.deepEqual([service.cap_add, service.privileged, service.network_mode], [undefined, undefined, undefined], name);
  }
});

test("only the CA has the keys and their passphrase; a credential is shared with whoever it is for, and nobody else", () => {
  assert.deepEqual(
    having(({ secrets = [] }) => secrets.length > 0),
    ["ca"],
  );
  assert.deepEqual(volume("ca-data"), ["ca"]);
  assert.deepEqual(volume("ca-recovery"), ["ca"]);
  assert.deepEqual(volume("enrollment-credential"), ["ca", "enrollment"]);
  assert.deepEqual(volume("door-credential"), ["ca", "door"]);
});

test("only the enrolment service is on the LAN, at its address there; the CA and the backend are on networks that lead nowhere", () => {
  assert.deepEqual(
    having((service) => service.networks?.includes("lan") ?? false),
    ["enrollment"],
  );
  assert.deepEqual(
    having(({ ports = [] }) => ports.length > 0),
    ["door", "enrollment"],
  );
  for (const port of services.enrollment?.ports ?? []) assert.match(port, /^\$\{LATCHKEY_LAN_ADDRESS:\?[^}]+\}:\d+:\d+$/);
  for (const name of ["ca", "backend"])
    for (const network of services[name]?.networks ?? []) assert.equal(networks[network]?.internal, true, `${name} ${network}`);
});

test("the CA and the enrolment service are well by gRPC's health, the door by its hook's word", () => {
  assert.deepEqual(services.ca?.healthcheck?.test, ["CMD", "latchkey", "health"]);
  assert.deepEqual(services.enrollment?.healthcheck?.test, ["CMD", "latchkey", "health"]);
  assert.deepEqual(services.door?.healthcheck?.test.slice(0, 3), ["CMD", "latchkey-nginx", "status"]);
});

test("docs/containers.md has every service, volume and variable that a person sets", () => {
  const page = read("docs/containers.md");
  const compose = read("docker-compose.yml");
  const variables = [...compose.matchAll(/\$\{(\w+)/g)].map(([, name = ""]) => name);
  const volumes = Object.keys((parse(compose, { merge: true }) as { volumes: object }).volumes);
  for (const name of [...Object.keys(services), ...volumes, ...variables]) assert.ok(page.includes(name), name);
});

test("shellcheck has nothing to say of what the containers start with", () => {
  const scripts = ["ca", "enrollment", "door"].map((name) => fileURLToPath(new URL(`../../../../containers/${name}`, import.meta.url)));
  assert.equal(execFileSync("shellcheck", scripts, { encoding: "utf8" }), "");
});
