import { type Connection, call, connect } from "../../../clients/connect/connect.js";
import type { Credential } from "../../../clients/connect/credential.js";
import { GetCertificateRequest, IssueCertificateRequest } from "../../../generated/latchkey/v1/certificate_service.js";
import { makeCsr } from "../../unit/authority/world.js";
import { answerOrders } from "./child.js";

export interface LoadOrder {
  readonly credential: Credential;
  /** `empty`: the smallest request, whose answer is empty as well. */
  readonly kind: "issue" | "empty";
  readonly inFlight: number;
  readonly millis: number;
}

/** Made before the clock runs: a device makes its own. */
const REQUESTS = Array.from({ length: 256 }, () => Buffer.from(makeCsr()));
let issued = 0;

async function issue({ certificates }: Connection): Promise<void> {
  issued += 1;
  const csr = REQUESTS[issued % REQUESTS.length] ?? Buffer.alloc(0);
  await call(certificates, "issueCertificate", IssueCertificateRequest.create({ csr, deviceName: `phone ${process.pid}-${issued}` }));
}

async function callEmpty({ certificates }: Connection): Promise<void> {
  await call(certificates, "getCertificate", GetCertificateRequest.create());
}

// A client that keeps so many calls in flight on one connection. The answer is how many were answered in a second.
answerOrders<LoadOrder, number>(async ({ credential, kind, inFlight, millis }) => {
  const connection = connect(credential);
  const work = kind === "issue" ? issue : callEmpty;
  try {
    await work(connection);
    const end = performance.now() + millis;
    let answered = 0;
    const keepCalling = async () => {
      while (performance.now() < end) {
        await work(connection);
        if (performance.now() <= end) answered += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, keepCalling));
    return (answered * 1_000) / millis;
  } finally {
    connection.close();
  }
});
