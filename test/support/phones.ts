import { createHash, createHmac, scryptSync } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { type Connection, call } from "../../clients/connect/connect.js";
import { CreateInvitationRequest, type CreateInvitationResponse } from "../../generated/latchkey/v1/invitation_service.js";

import { createTestRequest } from "./request.js";

/** Where a phone enrols. */
export interface EnrollmentPort {
  readonly port: number;
  /** The `servers` root, PEM. */
  readonly root: string;
}

/** What became of one phone's enrolment. */
export interface PhoneEnrolled {
  readonly status: number;
  readonly serialNumber: string;
  readonly bundle: Buffer;
  /** From the first octet to the last, in ms. */
  readonly millis: number;
}

/** What a phone sends: with a request of its own when the key is made on it, as the page does where the browser can. */
export interface PhoneRequest {
  readonly token: string;
  readonly csr?: string;
  readonly proof?: string;
}

/** An invitation for each of so many phones, and what each will send. What a phone computes by itself is done before it is timed. */
export async function inviteMany(
  connection: Connection,
  count: number,
  name: (at: number) => string,
  makesKey = false,
): Promise<PhoneRequest[]> {
  const invitations = Array.from({ length: count }, (_, at) =>
    call(connection.invitations, "createInvitation", CreateInvitationRequest.create({ deviceName: name(at) })),
  );
  const made = await Promise.all(invitations);
  return await Promise.all(made.map((invitation) => (makesKey ? withOwnKey(invitation) : { token: invitation.token })));
}

async function withOwnKey({ token, passphrase, invitation }: CreateInvitationResponse): Promise<PhoneRequest> {
  const { csr, publicKey } = await createTestRequest();
  const key = scryptSync(passphrase, (invitation?.name ?? "").replace("invitations/", ""), 32, { N: 16_384, r: 8, p: 1 });
  const proof = createHmac("sha256", key).update(createHash("sha256").update(publicKey).digest()).digest("base64");
  return { token, csr: Buffer.from(csr).toString("base64"), proof };
}

/** All of them at once, each from an address of its own (127.0.1.1 …): opens the page, then asks for its bundle, on connections of its own. */
export async function enrollAtOnce(place: EnrollmentPort, phones: readonly PhoneRequest[]): Promise<PhoneEnrolled[]> {
  return await Promise.all(phones.map((phone, at) => enrollOne(place, phone, `127.0.1.${at + 1}`)));
}

async function enrollOne(place: EnrollmentPort, phone: PhoneRequest, localAddress: string): Promise<PhoneEnrolled> {
  const start = performance.now();
  const page = await ask(place, localAddress, "GET", `/i/${phone.token}`);
  if (page.status !== 200) return { status: page.status, serialNumber: "", bundle: page.body, millis: performance.now() - start };
  const { status, serialNumber, body } = await ask(place, localAddress, "POST", "/api/v1/enrollments", JSON.stringify(phone));
  return { status, serialNumber, bundle: body, millis: performance.now() - start };
}

function ask(
  { port, root }: EnrollmentPort,
  localAddress: string,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; serialNumber: string; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { Host: `localhost:${port}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
    const options = { host: "127.0.0.1", port, localAddress, servername: "localhost", ca: root, method, path, headers, agent: false };
    const request = httpsRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const serialNumber = String(response.headers["latchkey-serial-number"] ?? "");
        resolve({ status: response.statusCode ?? 0, serialNumber, body: Buffer.concat(chunks) });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}
