import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { call } from "../../clients/connect/connect.js";
import type { HoleCode } from "../../clients/nginx/settings/hole.js";
import { startTestAuthority, type TestAuthority } from "../support/authority.js";
import { ask, type Device } from "../support/device.js";
import { createDoor, type Door } from "../support/door.js";
import { freePorts } from "../support/nginx.js";
import { nginxVersions } from "../support/nginx-versions.js";
import { issueDevice } from "../support/operator.js";
import { changeAndWait, subscriberOf } from "../support/revocation.js";
import {
  certificate,
  HOLES,
  type Hole,
  isHome,
  keepSession,
  NO_SESSIONS,
  type Surroundings,
  VERIFIES,
  type Visitor,
} from "./hook-holes-list.js";

/** What nobody can try at a door that has no such thing. */
const NEEDS_MORE: ReadonlySet<string> = new Set<HoleCode>(["LISTENS_WITHOUT_TLS", "BACKEND_REACHABLE_WITHOUT_CERTIFICATE", "EARLY_DATA"]);

/** Opens every hole for real on one generation of nginx, and what is no hole as well. */
export function testHoles(generation: string): void {
  let authority: TestAuthority;
  let foreign: TestAuthority;
  let door: Door;
  before(async () => {
    const version = (await nginxVersions()).find(({ name }) => name === generation);
    authority = await startTestAuthority();
    foreign = await startTestAuthority();
    door = await createDoor(version?.command ?? "", authority);
    await layOut(door.nginx.folder);
  });
  after(async () => {
    await door.stop();
    await authority.stop();
    await foreign.stop();
  });

  /** The files that the doors with holes refer to. */
  async function layOut(folder: string): Promise<void> {
    const text = async (world: TestAuthority, path: string) => await (await fetch(`http://${world.ca.http}${path}`)).text();
    const foreignCa = await text(foreign, "/ca/devices.pem");
    const devicesCa = await text(authority, "/ca/devices.pem");
    const crls = (await text(authority, "/crl/devices.pem")) + (await text(foreign, "/crl/devices.pem"));
    await writeFile(join(folder, "ticket.key"), Buffer.alloc(80, 7));
    await writeFile(join(folder, "foreign-ca.pem"), foreignCa);
    await writeFile(join(folder, "copy-of-ca.pem"), devicesCa);
    await writeFile(join(folder, "both-cas.pem"), devicesCa + foreignCa);
    await writeFile(join(folder, "both-crls.pem"), crls);
    await writeFile(join(folder, "copy.pem"), await text(authority, "/crl/devices.pem"));
  }

  let doors = 0;
  /** nginx starts with these settings, and new visitors come. */
  async function open({ settings, files = () => ({}) }: Pick<Hole, "settings" | "files">): Promise<Visitor> {
    doors += 1;
    const [otherPort = 0] = await freePorts(1);
    const { folder } = door.nginx;
    const home = `location / { proxy_pass http://127.0.0.1:${door.backend.port}; }`;
    const place = { dir: door.dir, folder, port: door.port, otherPort, home };
    for (const [file, text] of Object.entries(files(place))) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    await door.nginx.stop();
    await door.configure(settings(place));
    await door.refresh();
    await door.nginx.start();
    return await visit(place);
  }

  async function visit(place: Surroundings): Promise<Visitor> {
    const { anchors } = await call(authority.connection.publication, "getTrustBundle", {});
    const ca = anchors.find((anchor) => anchor.authority === "servers")?.certificate ?? "";
    const device = (identity: Device["identity"]): Device => ({ port: door.port, ca, identity });
    return {
      ...place,
      door,
      lost: device(await issueDevice(authority.connection, `lost phone ${doors}`)),
      good: device(await issueDevice(authority.connection, `good phone ${doors}`)),
      nobody: device(undefined),
      foreign: device(await issueDevice(foreign.connection, `phone ${doors}`)),
    };
  }

  /** What the hook reports, once the lost phone is revoked. */
  async function revoke(): Promise<{ problem: string; detail: string; enforced: string }> {
    await changeAndWait(authority.connection, "revokeCertificate", `lost phone ${doors}`, 0);
    await door.refresh();
    const { problem = "", problemDetail = "", enforcedCrlNumber = "" } = (await subscriberOf(authority.connection)) ?? {};
    return { problem, detail: problemDetail, enforced: enforcedCrlNumber };
  }

  for (const hole of HOLES) {
    const isHere = hole.notOn !== generation;
    test(`${hole.name}: ${isHere ? "some" : "no"}body gets in who was refused, and the hook does not say "enforced"`, async () => {
      const visitor = await open(hole);
      await hole.prepare?.(visitor);
      const { problem, detail, enforced } = await revoke();
      assert.equal(await hole.isOpen(visitor), isHere, "the hole is not open: this test shows nothing");
      assert.equal(enforced, "");
      const isUnreadable = hole.code === "NGINX_SETTINGS_UNREADABLE";
      assert.equal(problem, isUnreadable ? hole.code : "NGINX_SETTINGS_LEAVE_A_HOLE", detail);
      assert.ok(isUnreadable || detail.includes(`[${hole.code}]`), detail);
    });
  }

  test("without a hole nobody of them gets in, and the hook says so", async () => {
    const refusal = 'error_page 400 405 495 496 @refused; location @refused { default_type text/plain; return 400 "No."; }';
    const visitor = await open({ settings: () => ({ more: refusal }) });
    await keepSession(visitor);
    const { problem, detail, enforced } = await revoke();
    assert.equal(problem, "", detail);
    assert.notEqual(enforced, "");
    for (const { name, isOpen } of HOLES.filter(({ code }) => !NEEDS_MORE.has(code))) assert.equal(await isOpen(visitor), false, name);
    assert.ok(isHome(await ask(visitor.good)));
  });

  test("neighbours of any kind let nobody in at the door, behind a server that refuses to begin handshakes", async () => {
    const rejects = (port: number) => `server { listen 127.0.0.1:${port} ssl default_server; ssl_reject_handshake on; ${NO_SESSIONS} }`;
    await assertClosed(await open({ settings: (place) => ({ http: rejects(place.port) + neighbours(place) }) }));
  });

  test("neighbours after the door let nobody in there", async () => {
    await assertClosed(await open({ settings: (place) => ({ after: neighbours(place) }) }));
  });

  /** A public site as certbot sets it up, with sessions that outlive a reload, and a site with clients of another CA. */
  function neighbours({ port, dir, folder }: Surroundings): string {
    const shared = "ssl_session_cache shared:le_nginx_SSL:1m; ssl_session_timeout 1440m;";
    const asks = `ssl_client_certificate ${folder}/foreign-ca.pem; ${VERIFIES}`;
    return `
      server { listen 127.0.0.1:${port} ssl; server_name public.example; ${certificate(dir)} ${shared} return 200 public; }
      server { listen 127.0.0.1:${port} ssl; server_name other.example; ${certificate(dir)} ${shared} ${asks} return 200 other; }`;
  }

  /** Nobody gets in by the neighbours: not without a name, not by a session that began there or here; and the hook says so. */
  async function assertClosed({ lost, foreign: stranger, good }: Visitor): Promise<void> {
    const sessions: { version: "TLSv1.2" | "TLSv1.3"; phone: Device; session: Buffer | undefined }[] = [];
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const { status, session } = await ask(lost, { version });
      assert.equal(status, 200);
      sessions.push({ version, phone: lost, session });
      for (const name of ["public.example", "other.example"]) {
        const answer = await ask(stranger, { version, servername: name, head: `GET / HTTP/1.1\r\nHost: ${name}` });
        assert.equal(answer.status, 200, name);
        sessions.push({ version, phone: stranger, session: answer.session });
      }
    }
    const { problem, detail } = await revoke();
    assert.equal(problem, "", detail);
    for (const { version, phone, session } of sessions) {
      assert.equal(isHome(await ask(phone, { version, ...(session && { session }) })), false, `a session of ${version}`);
      for (const servername of ["", "nobody.example", "other.example"])
        assert.equal(isHome(await ask(phone, { version, servername })), false, `named "${servername}"`);
    }
    assert.ok(isHome(await ask(good)));
  }
}
