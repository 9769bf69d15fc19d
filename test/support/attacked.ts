import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Connection, call, connect } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { ListCertificatesRequest } from "../../generated/latchkey/v1/certificate_service.js";
import { issueDevice } from "./operator.js";
import { type Answered, type Asking, askPort, enrollPhone, invitationState, invite } from "./phone.js";
import { JSON_TYPE, renewalOf } from "./renewal.js";
import { startServe, type TestServe } from "./serve.js";

/** Somebody who is awaited at a port: a phone with its invitation, a device with its certificate. */
export interface Guest {
  /** What the guest's page is. */
  readonly page: string;
  /** Where the guest's one wish goes, in JSON. */
  readonly path: string;
  readonly wish: Readonly<Record<string, unknown>>;
  /** What must be told to nobody. */
  readonly secret: string;
  readonly identity?: { readonly certificate: string; readonly key: string };
  /** Has the wish been granted, to whomever? */
  isServed(): Promise<boolean>;
  /** Comes, and is served. Answers how long it took, in ms; throws when anything is not as it should be. */
  come(from?: string): Promise<number>;
}

/** A port that is attacked. */
export interface AttackedPort {
  readonly name: "the enrolment port" | "the devices' port";
  readonly port: number;
  await(name: string): Promise<Guest>;
  ask(path: string, asking?: Asking): Promise<Answered>;
}

/** The real service, in processes of its own, and what somebody on the LAN can attack there. */
export interface AttackedHouse {
  readonly serve: TestServe;
  readonly connection: Connection;
  readonly ports: readonly [enrollment: AttackedPort, devices: AttackedPort];
  /** An attack is over: the memory is bounded, and whoever is awaited is served as if nothing had been. */
  standsAfter(told: { diagnostic(text: string): void }, attacked: AttackedPort, name: string): Promise<void>;
  stop(): Promise<void>;
}

/** A proxy that may speak for anybody at the devices' port. */
export const PROXY = "127.0.0.2";

/** The garbage of an attack may not have been collected yet; what would grow with each attack shows all the same. */
const MOST_OCTETS = 512 * 1024 * 1024;

export async function startAttackedHouse(): Promise<AttackedHouse> {
  const serve = await startServe(["--domain", "example.com"], { environment: { LATCHKEY_DEVICES_TRUSTED_PROXIES: PROXY } });
  const connection = connect(await readCredential(join(serve.data, "operator")));
  const startOctets = residentOctets(serve);
  const ports = [enrollmentPort(serve), devicesPort(serve, connection)] as const;
  return {
    serve,
    connection,
    ports,
    async standsAfter(told, attacked, name) {
      const millis = await (await attacked.await(name)).come();
      const octets = residentOctets(serve);
      const served = attacked.name === "the enrolment port" ? "a phone enrols" : "a device is renewed";
      told.diagnostic(
        `afterwards ${served} in ${millis.toFixed(0)} ms; memory ${mebi(startOctets)} MiB at the start, ${mebi(octets)} MiB now`,
      );
      if (octets > MOST_OCTETS) throw new Error(`the service has grown to ${mebi(octets)} MiB`);
    },
    async stop() {
      connection.close();
      await serve.end("SIGTERM");
      await serve.remove();
    },
  };
}

/** The same attack on each of the two ports. The house stands when the test runs. */
export function testBothPorts(
  name: (port: AttackedPort["name"]) => string,
  house: () => AttackedHouse,
  attack: (t: TestContext, attacked: AttackedPort) => Promise<void>,
): void {
  for (const [at, port] of (["the enrolment port", "the devices' port"] as const).entries()) {
    test(name(port), { timeout: 180_000 }, async (t) => {
      const attacked = house().ports[at];
      if (attacked?.name === port) await attack(t, attacked);
      else throw new Error(`${port} is none of the house's`);
    });
  }
}

const mebi = (octets: number) => (octets / 1024 / 1024).toFixed(0);

/** The memory that the enrolment service has: the CA's only child. */
function residentOctets({ run }: TestServe): number {
  const [child] = readFileSync(`/proc/${run.pid}/task/${run.pid}/children`, "utf8").trim().split(" ");
  const [, kibi = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child}/status`, "utf8")) ?? [];
  return Number(kibi) * 1024;
}

function enrollmentPort(serve: TestServe): AttackedPort {
  const port = () => Number(serve.run.enroll.split(":").at(-1));
  return {
    name: "the enrolment port",
    get port() {
      return port();
    },
    ask: (path, asking) => askPort(port(), path, asking),
    async await(name) {
      const token = await invite(serve, name);
      return {
        page: `/i/${token}`,
        path: "/api/v1/enrollments",
        wish: { token, format: "pem" },
        secret: token,
        isServed: async () => (await invitationState(serve, name)) !== "open",
        come: (from) => enrollPhone(serve, token, from),
      };
    },
  };
}

function devicesPort(serve: TestServe, connection: Connection): AttackedPort {
  const port = () => Number(serve.run.devices.split(":").at(-1));
  return {
    name: "the devices' port",
    get port() {
      return port();
    },
    ask: (path, asking) => askPort(port(), path, asking),
    async await(guest) {
      const name = `${guest}, a device`;
      const device = await issueDevice(connection, name);
      const wish = JSON.parse((await renewalOf(device)).json) as Record<string, unknown>;
      const path = "/api/v1/renewals";
      const certificates = async () => {
        const request = ListCertificatesRequest.create({ filter: `device_name = "${name}"` });
        return (await call(connection.certificates, "listCertificates", request)).certificates.length;
      };
      return {
        page: "/",
        path,
        wish,
        secret: String(wish.signature),
        identity: device,
        isServed: async () => (await certificates()) > 1,
        async come(from) {
          const begun = performance.now();
          const own = { identity: device, ...(from === undefined ? {} : { from }) };
          const page = await askPort(port(), "/", { ...own, headers: { Accept: "application/json" } });
          if (page.status !== 200) throw new Error(`/ answered ${page.status}: ${page.text.slice(0, 300)}`);
          const renewed = await askPort(port(), path, { ...own, method: "POST", headers: JSON_TYPE, body: JSON.stringify(wish) });
          if (renewed.status !== 201) throw new Error(`${path} answered ${renewed.status}: ${renewed.text.slice(0, 300)}`);
          return performance.now() - begun;
        },
      };
    },
  };
}

/** Addresses of this host's loopback, as many as one likes: each is another host to the service. */
export const addressOf = (host: number) => `127.0.${2 + Math.floor(host / 250)}.${1 + (host % 250)}`;

/** How many files this process may open; Node takes as many as the system lets it. */
export const filesPermitted = () => Number(execFileSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" }).trim()) || 1_000_000;
