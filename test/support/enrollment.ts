import { request as httpsRequest } from "node:https";
import { call } from "../../clients/connect/connect.js";
import { readCredential } from "../../clients/connect/credential.js";
import { CreateInvitationRequest, type CreateInvitationResponse } from "../../generated/latchkey/v1/invitation_service.js";
import { GetTrustBundleRequest } from "../../generated/latchkey/v1/publication_service.js";
import { type EnrollmentOptions, type RunningEnrollment, startEnrollment } from "../../services/enrollment/main.js";
import { createLog } from "../../services/log.js";
import type { TestAuthority } from "./authority.js";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  readonly text: string;
  /** The body as JSON. */
  json<T = Record<string, unknown>>(): T;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A CA, in this process or another. */
export interface HouseWorld {
  readonly ca: { readonly grpc: string; readonly enrollmentFolder: string };
  readonly connection: TestAuthority["connection"];
}

/** The enrolment service before a test's authority, and how to ask it. */
export interface TestEnrollment {
  readonly service: RunningEnrollment;
  readonly log: readonly string[];
  readonly root: string;
  invite(deviceName: string): Promise<CreateInvitationResponse>;
  ask(path: string, asking?: Asking): Promise<Answer>;
  enroll(body: unknown, headers?: Record<string, string>): Promise<Answer>;
  stop(): Promise<void>;
}

export async function startTestEnrollment(world: HouseWorld, options: Partial<EnrollmentOptions> = {}): Promise<TestEnrollment> {
  const log: string[] = [];
  const credential = { ...(await readCredential(world.ca.enrollmentFolder)), address: world.ca.grpc };
  const service = await startEnrollment({
    credential,
    listen: "127.0.0.1:0",
    lan: ["127.0.0.0/8"],
    trustedProxies: [],
    log: createLog((line) => log.push(line)),
    ...options,
  });
  const { anchors } = await call(world.connection.publication, "getTrustBundle", GetTrustBundleRequest.create());
  const root = anchors.find(({ authority }) => authority === "servers")?.certificate ?? "";
  const port = Number(service.address.split(":").at(-1));
  const ask = (path: string, { method = "GET", headers = {}, body }: Asking = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const request = httpsRequest(
        {
          host: "127.0.0.1",
          servername: "localhost",
          port,
          path,
          method,
          headers: { Host: `localhost:${port}`, ...headers },
          ca: root,
          agent: false,
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("end", () => {
            const content = Buffer.concat(chunks);
            const text = content.toString();
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: content,
              text,
              json: <T>() => JSON.parse(text) as T,
            });
          });
          response.on("error", reject);
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  return {
    service,
    log,
    root,
    ask,
    invite: (deviceName) => call(world.connection.invitations, "createInvitation", CreateInvitationRequest.create({ deviceName })),
    enroll: (body, headers = {}) =>
      ask("/api/v1/enrollments", {
        method: "POST",
        headers: { "Content-Type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    stop: () => service.close(),
  };
}
