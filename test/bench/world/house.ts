import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Connection, connect } from "../../../clients/connect/connect.js";
import { type Credential, readCredential } from "../../../clients/connect/credential.js";
import type { TestServe } from "../../support/serve.js";

/** The administrator's credential, with the address that the CA has now: each start takes a free port. */
export async function adminOf(house: TestServe): Promise<Credential> {
  return { ...(await readCredential(join(house.data, "operator"))), address: house.run.grpc };
}

/** Starts a CA that was ended, and connects to it. */
export async function reopen(house: TestServe): Promise<Connection> {
  await house.start();
  return connect(await adminOf(house));
}

/** The memory of the CA's own process that is in RAM (VmRSS), in MB of 10^6 octets. The enrolment service is another process. */
export async function residentMegabytes(house: TestServe): Promise<number> {
  return await megabytesOf(house, "VmRSS");
}

/** What of it no file stands for (RssAnon): LevelDB maps its tables into memory, and the system takes those pages back as it likes. */
export async function ownMegabytes(house: TestServe): Promise<number> {
  return await megabytesOf(house, "RssAnon");
}

async function megabytesOf({ run }: TestServe, field: "VmRSS" | "RssAnon"): Promise<number> {
  const status = await readFile(`/proc/${run.pid}/status`, "latin1");
  const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`process ${run.pid} has no ${field}`);
  return (Number(kibibytes) * 1024) / 1e6;
}
