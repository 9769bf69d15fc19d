import { ReportEnforcementRequest } from "../../generated/latchkey/v1/publication_service.js";
import { type Connection, call } from "../connect/connect.js";
import { CallError } from "../connect/error.js";
import { requestServerCertificate } from "../connect/server-certificate.js";
import { devicesAnchor } from "./devices-ca.js";
import type { Log } from "./events.js";
import type { Keeper, Standing } from "./keeper.js";
import { nginxVersion } from "./nginx-version.js";
import { needsServerCertificate } from "./server-certificate.js";

/** Takes the devices CA from the CA and pins it. Throws CallError, and Problem (CA_CHANGED). */
export async function pinTrust(connection: Connection, keeper: Keeper): Promise<void> {
  const { anchors } = await call(connection.publication, "getTrustBundle", {});
  keeper.pin(devicesAnchor(anchors));
}

/** Sees to it that nginx has a certificate of its own. Without one CRLs are kept all the same: it is said, and tried again. */
export async function refreshServerCertificate(connection: Connection, keeper: Keeper, names: readonly string[], log: Log): Promise<void> {
  if (names.length === 0) {
    if (keeper.serverCertificate === undefined) {
      log("server_certificate.skipped", {
        detail: "No --server-name, and the credential has none: bring server.crt and server.key of your own.",
      });
    }
    return;
  }
  if (!needsServerCertificate(keeper.serverCertificate, names, new Date())) return;
  try {
    await keeper.installServerCertificate(await requestServerCertificate(connection, names));
  } catch (error) {
    const code = error instanceof CallError ? error.reason : error instanceof Error ? error.name : "";
    log("server_certificate.failed", { code, detail: error instanceof Error ? error.message : String(error) });
  }
}

/** Tells the CA how things stand. Throws CallError. */
export async function report(connection: Connection, standing: Standing, nginx: string | undefined): Promise<void> {
  const { enforced, problem } = standing;
  const request = ReportEnforcementRequest.create({
    crlNumber: enforced === undefined ? "" : String(enforced),
    problem: problem?.code ?? "",
    problemDetail: problem?.message ?? "",
    relyingParty: await nginxVersion(nginx),
    clock: new Date(),
    heldCrl: problem?.heldCrl === undefined ? Buffer.alloc(0) : Buffer.from(problem.heldCrl),
  });
  await call(connection.publication, "reportEnforcement", request);
}
