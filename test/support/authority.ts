import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connection, connect } from "../../clients/connect/connect.js";
import { type Credential, readCredential } from "../../clients/connect/credential.js";
import { type RunningAuthority, startAuthority } from "../../services/ca/main.js";
import { settingsSchema } from "../../services/config.js";
import { createLog } from "../../services/log.js";

/** A certificate authority in this very process, with a data folder and a configuration folder of its own. */
export interface TestAuthority {
  readonly folder: string;
  readonly data: string;
  readonly ca: RunningAuthority;
  readonly admin: Credential;
  readonly connection: Connection;
  /** The lines that it has logged. */
  readonly log: readonly string[];
  /** Stops it and starts it again on the same data; `meanwhile` has the store to itself. */
  restart(meanwhile?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function startTestAuthority(overrides: object = {}): Promise<TestAuthority> {
  const folder = await mkdtemp(join(tmpdir(), "latchkey-test-"));
  const data = join(folder, "data");
  process.env.XDG_CONFIG_HOME = join(folder, "config");
  const settings = settingsSchema.parse({
    data,
    grpc: { listen: "127.0.0.1:0" },
    http: { listen: "127.0.0.1:0" },
    enrollment: { enabled: false, listen: "127.0.0.1:0", host: "localhost" },
    ...overrides,
  });
  const log: string[] = [];
  const start = () => startAuthority({ settings, log: createLog((line) => log.push(line)) });
  let ca = await start();
  let admin = await readCredential(ca.operatorFolder);
  let connection = connect(admin);

  return {
    folder,
    data,
    log,
    get ca() {
      return ca;
    },
    get admin() {
      return admin;
    },
    get connection() {
      return connection;
    },
    async restart(meanwhile = async () => {}) {
      connection.close();
      await ca.close();
      await meanwhile();
      ca = await start();
      admin = await readCredential(ca.operatorFolder);
      connection = connect(admin);
    },
    async stop() {
      connection.close();
      await ca.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
