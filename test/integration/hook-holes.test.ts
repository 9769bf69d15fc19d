import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import { auditSettings } from "../../clients/nginx/settings/audit.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { type Answer, ask, type Device, openSocket } from "../support/device.js";
import { createDoor, type Door, type DoorSettings } from "../support/door.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait } from "../support/revocation.js";

/** One door whose settings leave a hole: who gets in by it, for real, and what the hook calls it. */
interface Hole {
  readonly name: string;
  readonly code: string;
  readonly settings: (place: { dir: string; folder: string; port: number }) => DoorSettings;
  /** Before anything is revoked: what the visitor brings along. */
  readonly prepare?: (visitor: Visitor) => Promise<void>;
  /** After the lost phone is revoked. Is the visitor in? */
  readonly isOpen: (visitor: Visitor) => Promise<boolean>;
}

interface Visitor {
  readonly lost: Device;
  readonly nobody: Device;
  /** A phone of another CA. */
  readonly foreign: Device;
  /** nginx's folder. */
  readonly folder: string;
  session?: Buffer;
}

const ours = (dir: string) => `ssl_client_certificate ${dir}/devices-ca.pem; ssl_crl ${dir}/devices-crl.pem;`;
const isHome = ({ status, body }: Answer) => status === 200 && body.includes("home");
const resume = async (visitor: Visitor) =>
  isHome(await ask(visitor.lost, { version: "TLSv1.2", ...(visitor.session ? { session: visitor.session } : {}) }));
const keepSession = async (visitor: Visitor) => {
  const { session } = await ask(visitor.lost, { version: "TLSv1.2" });
  if (session !== undefined) visitor.session = session;
};

const HOLES: readonly Hole[] = [
  {
    name: "a shared session cache",
    code: "SHARED_SESSION_CACHE",
    settings: () => ({ sessions: "ssl_session_cache shared:SSL:1m; ssl_session_tickets off;" }),
    prepare: keepSession,
    isOpen: resume,
  },
  {
    name: "a file of ticket keys",
    code: "SESSION_TICKET_KEY",
    settings: ({ folder }) => ({ sessions: `ssl_session_cache off; ssl_session_tickets on; ssl_session_ticket_key ${folder}/ticket.key;` }),
    prepare: keepSession,
    isOpen: resume,
  },
  {
    name: "verification that is optional",
    code: "VERIFY_CLIENT_NOT_ON",
    settings: ({ dir }) => ({ verification: `${ours(dir)} ssl_verify_client optional;` }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody)),
  },
  {
    name: "verification by any CA",
    code: "VERIFY_CLIENT_NOT_ON",
    settings: ({ dir }) => ({ verification: `${ours(dir)} ssl_verify_client optional_no_ca;` }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody)),
  },
  {
    name: "a CRL that is left out",
    code: "CRL_MISSING",
    settings: ({ dir }) => ({ verification: `ssl_client_certificate ${dir}/devices-ca.pem; ssl_verify_client on;` }),
    isOpen: async ({ lost }) => isHome(await ask(lost)),
  },
  {
    name: "a copy of the CRL",
    code: "CRL_NOT_OURS",
    settings: ({ dir, folder }) => ({
      verification: `ssl_client_certificate ${dir}/devices-ca.pem; ssl_crl ${folder}/copy.pem; ssl_verify_client on;`,
    }),
    isOpen: async ({ lost }) => isHome(await ask(lost)),
  },
  {
    name: "a trusted CA for stapling",
    code: "TRUSTED_CERTIFICATE",
    settings: ({ dir, folder }) => ({
      // Without ssl_crl: with it, a CA that has no CRL there is refused.
      verification: `ssl_client_certificate ${dir}/devices-ca.pem; ssl_verify_client on; ssl_trusted_certificate ${folder}/foreign-ca.pem;`,
    }),
    isOpen: async ({ foreign }) => isHome(await ask(foreign)),
  },
  {
    name: "another CA beside our CRL",
    code: "CLIENT_CA_NOT_OURS",
    settings: ({ dir, folder }) => ({
      verification: `ssl_client_certificate ${folder}/both-cas.pem; ssl_crl ${folder}/both-crls.pem; ssl_trusted_certificate ${dir}/devices-ca.pem; ssl_verify_client on;`,
    }),
    isOpen: async ({ foreign }) => isHome(await ask(foreign)),
  },
  {
    name: "an error page that is proxied",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: "error_page 495 496 =200 /denied.html;" }),
    isOpen: async ({ nobody, lost }) => isHome(await ask(nobody)) && isHome(await ask(lost)),
  },
  {
    name: "an error page for requests that are bad before anybody is asked for a certificate",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: "error_page 400 =200 /bad.html;" }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody, { head: "GET / HTTP/1.1" })),
  },
  {
    name: "an error page for methods that are refused before anybody is asked for a certificate",
    code: "ERROR_PAGE_OPENS",
    settings: () => ({ more: "error_page 405 =200 $uri;" }),
    isOpen: async ({ nobody }) => isHome(await ask(nobody, { head: "TRACE / HTTP/1.1\r\nHost: localhost" })),
  },
  {
    name: "plain HTTP in the same server",
    code: "LISTENS_WITHOUT_TLS",
    settings: ({ folder }) => ({ more: `listen unix:${folder}/plain.sock;` }),
    isOpen: async ({ folder }) => (await askPlainly(`${folder}/plain.sock`)).includes("home"),
  },
];

async function visit(door: Door, authority: TestAuthority, foreign: TestAuthority): Promise<Visitor> {
  const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
  const ca = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
  const device = (identity: Device["identity"]): Device => ({ port: door.port, ca, identity });
  return {
    lost: device(await issueDevice(authority.connection, "lost phone")),
    nobody: device(undefined),
    foreign: device(await issueDevice(foreign.connection, `phone of ${door.port}`)),
    folder: door.nginx.folder,
  };
}

/** The files that the doors with holes refer to. */
async function layOut(door: Door, authority: TestAuthority, foreign: TestAuthority): Promise<void> {
  const { folder } = door.nginx;
  const text = async (world: TestAuthority, path: string) => await (await fetch(`http://${world.ca.http}${path}`)).text();
  const foreignCa = await text(foreign, "/ca/devices.pem");
  await writeFile(join(folder, "ticket.key"), Buffer.alloc(80, 7));
  await writeFile(join(folder, "foreign-ca.pem"), foreignCa);
  await writeFile(join(folder, "both-cas.pem"), (await text(authority, "/ca/devices.pem")) + foreignCa);
  await writeFile(join(folder, "both-crls.pem"), (await text(authority, "/crl/devices.pem")) + (await text(foreign, "/crl/devices.pem")));
  await writeFile(join(folder, "copy.pem"), await text(authority, "/crl/devices.pem"));
}

function askPlainly(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: "/", headers: { host: "localhost" } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("end", () => resolve(body));
    }).on("error", reject);
  });
}

let authority: TestAuthority;
let foreign: TestAuthority;
let newest: string;
before(async () => {
  newest = (await nginxVersions()).at(-1)?.command ?? "";
  authority = await startTestAuthority();
  foreign = await startTestAuthority();
});
after(async () => {
  await authority.stop();
  await foreign.stop();
});

let doors = 0;
async function openDoor(settings: Hole["settings"]): Promise<{ door: Door; visitor: Visitor }> {
  doors += 1;
  const door = await createDoor(newest, authority, `door ${doors}`);
  await layOut(door, authority, foreign);
  await door.configure(settings({ dir: door.dir, folder: door.nginx.folder, port: door.port }));
  const first = await door.once();
  assert.equal(first.code, 0, first.stderr);
  await door.nginx.start();
  return { door, visitor: await visit(door, authority, foreign) };
}

for (const { name, code, settings, prepare, isOpen } of HOLES) {
  test(`${name}: somebody gets in who was refused, and the hook does not say "enforced"`, async (t) => {
    const { door, visitor } = await openDoor(settings);
    t.after(() => door.stop());
    await prepare?.(visitor);
    await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 0);
    const { code: exit, stderr } = await door.once();
    assert.ok(await isOpen(visitor), "the hole is not open: this test shows nothing");
    assert.equal(exit, 4, stderr);
    assert.match(stderr, new RegExp(`NGINX_SETTINGS_LEAVE_A_HOLE.*\\[${code}\\]`, "s"));
    const { subscribers } = await call(authority.connection.publication, "listSubscribers", { pageSize: 100, pageToken: "" });
    const subscriber = subscribers.find((each) => each.name === `door ${doors}`);
    assert.deepEqual([subscriber?.problem, subscriber?.enforcedCrlNumber], ["NGINX_SETTINGS_LEAVE_A_HOLE", ""]);
  });
}

test("without a hole nobody of them gets in, and the hook says so", async (t) => {
  const { door, visitor } = await openDoor(() => ({
    more: 'error_page 400 405 495 496 @refused; location @refused { default_type text/plain; return 400 "No."; }',
  }));
  t.after(() => door.stop());
  await keepSession(visitor);
  await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 0);
  const { code, stderr } = await door.once();
  assert.equal(code, 0, stderr);
  for (const { name, isOpen } of HOLES.filter((hole) => hole.code !== "LISTENS_WITHOUT_TLS"))
    assert.equal(await isOpen(visitor), false, name);
});

test("a builtin session cache is no hole: it dies with its worker", async (t) => {
  const { door, visitor } = await openDoor(() => ({
    main: "worker_shutdown_timeout 2s;",
    sessions: "ssl_session_cache builtin:1000; ssl_session_tickets off;",
  }));
  t.after(() => door.stop());
  await keepSession(visitor);
  await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 0);
  const { code, stderr } = await door.once();
  assert.equal(code, 0, stderr);
  assert.equal(await resume(visitor), false);
});

for (const { main, isOpen } of [
  { main: "", isOpen: true },
  { main: "worker_shutdown_timeout 1s;", isOpen: false },
]) {
  test(`${main === "" ? "no worker_shutdown_timeout" : main} ${isOpen ? "leaves" : "cuts"} a WebSocket after a reload`, async (t) => {
    const { door, visitor } = await openDoor(() => ({ main }));
    t.after(() => door.stop());
    const socket = await openSocket(visitor.lost);
    t.after(() => socket.close());
    await door.nginx.reload();
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    assert.equal(socket.isOpen, isOpen);
    const holes = auditSettings(await door.nginx.dump(), door.dir).map(({ code }) => code);
    assert.deepEqual(holes, isOpen ? ["NO_SHUTDOWN_TIMEOUT"] : []);
    await changeAndWait(authority.connection, "revokeCertificate", "lost phone", 0);
    assert.equal((await door.once()).code, isOpen ? 4 : 0);
  });
}
