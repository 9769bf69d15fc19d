import { request as httpsRequest } from "node:https";
import { type Connection, call } from "../../clients/connect/connect.js";
import { CreateInvitationRequest } from "../../generated/latchkey/v1/invitation_service.js";

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

/** An invitation for each of so many phones: their tokens. */
export async function inviteMany(connection: Connection, count: number, name: (at: number) => string): Promise<string[]> {
  const invitations = Array.from({ length: count }, (_, at) =>
    call(connection.invitations, "createInvitation", CreateInvitationRequest.create({ deviceName: name(at) })),
  );
  return (await Promise.all(invitations)).map(({ token }) => token);
}

/** All of them at once, each from an address of its own (127.0.1.1 …): opens the page, then asks for its bundle, on connections of its own. */
export async function enrollAtOnce(place: EnrollmentPort, tokens: readonly string[]): Promise<PhoneEnrolled[]> {
  return await Promise.all(tokens.map((token, at) => enrollOne(place, token, `127.0.1.${at + 1}`)));
}

async function enrollOne(place: EnrollmentPort, token: string, localAddress: string): Promise<PhoneEnrolled> {
  const start = performance.now();
  const page = await ask(place, localAddress, "GET", `/i/${token}`);
  if (page.status !== 200) return { status: page.status, serialNumber: "", bundle: page.body, millis: performance.now() - start };
  const { status, serialNumber, body } = await ask(place, localAddress, "POST", "/api/v1/enrollments", JSON.stringify({ token }));
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
